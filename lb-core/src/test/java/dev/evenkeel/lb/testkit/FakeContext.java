package dev.evenkeel.lb.testkit;

import dev.evenkeel.lb.call.Destination;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.call.RequestKey;
import dev.evenkeel.lb.policy.Node;
import dev.evenkeel.lb.policy.PickContext;
import java.util.Set;

/**
 * A call as pickers see it.
 *
 * @param request the request
 * @param tried the nodes that the call has tried
 */
public record FakeContext(RequestInfo request, Set<Node> tried) implements PickContext {
    /** An idempotent request that has tried nobody yet. */
    public static final FakeContext FIRST_TRY = new FakeContext(RequestInfo.IDEMPOTENT, Set.of());

    /** Returns an idempotent request that has tried these nodes. */
    public static FakeContext afterTrying(Node... nodes) {
        return new FakeContext(RequestInfo.IDEMPOTENT, Set.of(nodes));
    }

    /** Returns an idempotent request with a key that has tried these nodes. */
    public static FakeContext withKey(long hash, Node... tried) {
        Destination destination = Destination.ANY.withKey(new RequestKey(hash));
        return new FakeContext(RequestInfo.IDEMPOTENT.withDestination(destination), Set.of(tried));
    }

    @Override
    public boolean isFirstPick() {
        return tried.isEmpty();
    }

    @Override
    public boolean hasTried(Node node) {
        return tried.contains(node);
    }
}
