package dev.evenkeel.lb.policy;

import dev.evenkeel.lb.endpoint.Endpoint;
import java.util.BitSet;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * A policy that sends requests with the same {@link dev.evenkeel.lb.call.RequestKey} to the same endpoint.
 *
 * <p>Where keys go depends on the endpoints of the list and their weights, and not on who can be picked just now: a key whose endpoint is
 * out goes elsewhere until it is back, and no other key moves. Our own policies do the same while an endpoint {@link Node#isPushedBack asks for
 * a pause}, unless all do. So the work is done in two steps, of which the first is shared by
 * all pickers until the list changes, and is done for all parts of the list that may be needed as long as it does not: for all together, for
 * each priority and region, where zones matter for the own zone and for the others, and the same for each subset. Requests do not wait for it.
 */
public interface KeyedPolicy extends LoadBalancingPolicy {
    /**
     * The metadata entry whose value our own policies hash in place of an endpoint's address, as Envoy does: for endpoints that keep their
     * name when they change their address.
     */
    String HASH_KEY = "hash_key";

    /**
     * Returns where keys go among these endpoints. Runs while the control loop holds its lock, so it only computes. It is asked again when
     * anything else of an endpoint changes than whether it is terminating.
     *
     * @param endpoints at least one
     */
    KeyMap newKeyMap(List<Endpoint> endpoints);

    @Override
    default Picker newPicker(List<? extends Node> candidates, RandomGenerator random) {
        BitSet all = new BitSet(candidates.size());
        all.set(0, candidates.size());
        return newKeyMap(candidates.stream().<Endpoint>map(Node::endpoint).toList())
                .newPicker(candidates, all, random);
    }
}
