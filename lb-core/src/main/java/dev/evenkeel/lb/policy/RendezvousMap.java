package dev.evenkeel.lb.policy;

import dev.evenkeel.lb.endpoint.Endpoint;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/** The hashes of the endpoints, in order of their weights. */
final class RendezvousMap implements KeyMap {
    private final int[] positions;
    private final long[] hashes;
    private final double[] weights;
    private final Elsewhere elsewhere;

    RendezvousMap(List<Endpoint> endpoints, Elsewhere elsewhere) {
        this.elsewhere = elsewhere;
        int n = endpoints.size();
        positions = IntStream.range(0, n)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> endpoints.get(i).weight()))
                .mapToInt(i -> i)
                .toArray();
        hashes = new long[n];
        weights = new double[n];
        for (int i = 0; i < n; i++) {
            Endpoint endpoint = endpoints.get(positions[i]);
            hashes[i] = new HashedName(endpoint).hash(0);
            weights[i] = endpoint.weight();
        }
    }

    @Override
    public RendezvousPicker newPicker(List<? extends Node> nodes, BitSet candidates, RandomGenerator random) {
        BitSet forKeys = Elsewhere.withoutPushedBack(nodes, candidates);
        Rivals rivals = new Rivals(forKeys.cardinality());
        for (int i = 0; i < positions.length; i++) {
            if (forKeys.get(positions[i])) {
                rivals.add(nodes.get(positions[i]), hashes[i], weights[i]);
            }
        }
        return new RendezvousPicker(
                rivals,
                elsewhere.newFallback(chosen(nodes, candidates), random),
                elsewhere.newBound(chosen(nodes, forKeys)));
    }

    private static List<Node> chosen(List<? extends Node> nodes, BitSet of) {
        return of.stream().<Node>mapToObj(nodes::get).toList();
    }
}
