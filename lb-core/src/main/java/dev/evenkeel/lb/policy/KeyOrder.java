package dev.evenkeel.lb.policy;

/**
 * The order in which keys prefer the endpoints of a list: a walk through places, each of which belongs to an endpoint. It depends on the
 * list and the key alone, so that a key whose endpoint is out always goes to the same other one, and comes back. Immutable.
 */
interface KeyOrder {
    /** Returns the place of a key. */
    int first(long key);

    /** Returns the place after another one, endlessly. */
    int next(int place, long key);

    /** Returns the position in the list of the endpoint that a place belongs to. */
    int endpointAt(int place);
}
