package dev.evenkeel.lb;

import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.policy.Node;
import dev.evenkeel.lb.policy.PickContext;

/**
 * A call, to which those that have as many in flight as they may look as if it had tried them. So a policy for which the second choice
 * matters, such as one by key, goes past them in its own way.
 */
record PastFull(PickContext call) implements PickContext {
    @Override
    public RequestInfo request() {
        return call.request();
    }

    @Override
    public boolean hasTried(Node node) {
        return call.hasTried(node) || !((TrackedNode) node).hasRoom();
    }

    @Override
    public boolean isFirstPick() {
        return false;
    }
}
