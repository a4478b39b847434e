package dev.evenkeel.lb.policy;

import dev.evenkeel.lb.call.RequestInfo;

/** What a picker may know about the call that it picks for. */
public interface PickContext {
    /** Returns the request. */
    RequestInfo request();

    /**
     * Returns whether this call has already tried the node. A picker may ignore it: the core asks again, and in the end looks for an
     * untried node itself. Policies for which the second choice matters, such as a walk along a ring, should skip tried nodes.
     */
    boolean hasTried(Node node);

    /** Returns whether this is the call's first pick, so that it has tried nothing yet. */
    default boolean isFirstPick() {
        return true;
    }
}
