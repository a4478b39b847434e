package dev.evenkeel.benchmarks.peers;

/** A balancer of somebody else's over endpoints that are always healthy and answer at once. */
interface Peer extends AutoCloseable {
    /** Returns what one thread picks with. */
    Caller newCaller();

    @Override
    void close();

    /** One thread's picks. */
    interface Caller {
        /** Picks, and tells of the success whoever listens; returns what was picked. */
        Object pickAndComplete();
    }
}
