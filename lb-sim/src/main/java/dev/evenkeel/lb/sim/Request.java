package dev.evenkeel.lb.sim;

/**
 * What a call asks for.
 *
 * @param key settles what is random about each of its attempts
 * @param work settles how much work it is: two requests with the same are equally long
 * @param repeatable whether it may be executed twice
 */
record Request(long key, long work, boolean repeatable) {
    static Request of(long key, double nonIdempotentShare) {
        return new Request(key, key, SplitMix64.unit(SplitMix64.mix(~key)) >= nonIdempotentShare);
    }

    /** Returns the random share from which its service time follows. */
    double share() {
        return SplitMix64.unit(work);
    }

    /** Returns the random key of one of its attempts, counted from 1. */
    long attemptKey(int attempt) {
        return SplitMix64.mix(key + attempt);
    }

    /**
     * Returns what a server asks of the next tier in order to answer this. The work there is the same at every attempt, as it is here.
     *
     * @param attemptKey the key of the attempt that the server answers
     */
    Request behind(long attemptKey) {
        return new Request(SplitMix64.mix(~attemptKey), SplitMix64.mix(work), repeatable);
    }
}
