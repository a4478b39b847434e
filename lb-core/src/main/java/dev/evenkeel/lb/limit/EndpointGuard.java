package dev.evenkeel.lb.limit;

/**
 * Decides whether an endpoint may be given one attempt more. Picks ask it on the path of every request, from many threads: it must not
 * lock, block or allocate. It keeps no count, because the endpoint's ledger has one, and need not be told when an attempt ends.
 */
@FunctionalInterface
public interface EndpointGuard {
    /**
     * Returns whether one attempt more may be made beside those in flight. The answer holds for exactly that number: if another thread
     * changes it in between, the guard is asked again.
     */
    boolean admits(int inFlight);
}
