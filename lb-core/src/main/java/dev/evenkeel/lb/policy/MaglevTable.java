package dev.evenkeel.lb.policy;

import dev.evenkeel.lb.endpoint.Endpoint;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A table of a prime number of entries, which the endpoints fill in turn, each with the next free entry in an order of its own.
 *
 * <p>The table is Envoy's, so that everybody agrees about every key: endpoints have their turns in the order of their names, and one with
 * half the weight of the heaviest sits out every other round. Where a key's endpoint is missing, the key goes on through the table in steps
 * whose length depends on the key: so keys of the same entry part, and spread over all others in proportion to what those have.
 *
 * <p>Source: Eisenbud et al., "Maglev: A Fast and Reliable Software Network Load Balancer", 2016, §3.4; Envoy, {@code maglev_lb.cc}.
 */
final class MaglevTable implements KeyOrder {
    private static final int FREE = -1;

    private final int[] owners;

    /** Makes a table of {@code size} entries, a prime number. */
    MaglevTable(List<Endpoint> endpoints, int size) {
        HashedName[] names = endpoints.stream().map(HashedName::new).toArray(HashedName[]::new);
        int[] positions = IntStream.range(0, names.length)
                .boxed()
                .sorted(Comparator.comparing(i -> names[i]))
                .mapToInt(i -> i)
                .toArray();
        double total = endpoints.stream().mapToDouble(Endpoint::weight).sum();
        int[] places = new int[names.length];
        int[] skips = new int[names.length];
        double[] weights = new double[names.length];
        for (int i = 0; i < names.length; i++) {
            HashedName name = names[positions[i]];
            places[i] = (int) Long.remainderUnsigned(name.hash(0), size);
            skips[i] = (int) Long.remainderUnsigned(name.hash(1), size - 1) + 1;
            weights[i] = endpoints.get(positions[i]).weight() / total;
        }
        owners = new int[size];
        Arrays.fill(owners, FREE);
        Rounds rounds = new Rounds(weights, size);
        for (int filled = 0; filled < size; filled++) {
            int i = rounds.next();
            while (owners[places[i]] != FREE) {
                places[i] = step(places[i], skips[i]);
            }
            owners[places[i]] = positions[i];
        }
    }

    @Override
    public int first(long key) {
        return (int) Long.remainderUnsigned(key, owners.length);
    }

    @Override
    public int next(int place, long key) {
        return step(place, 1 + Draw.upper(Mix.well(key), owners.length - 1));
    }

    @Override
    public int endpointAt(int place) {
        return owners[place];
    }

    /** A step of 1 to one less than the size, a prime number, comes to every entry in the end. */
    private int step(int place, int length) {
        int left = owners.length - length; // the sum of both could overflow
        return place >= left ? place - left : place + length;
    }
}
