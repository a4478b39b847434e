package dev.evenkeel.lb.sim;

import dev.evenkeel.lb.call.Destination;
import dev.evenkeel.lb.call.RequestKey;

/**
 * What a call asks for.
 *
 * @param key settles what is random about each of its attempts
 * @param work settles how much work it is: two requests with the same are equally long
 * @param repeatable whether it may be executed twice
 * @param destination where it wants to go: it may have a key, which has nothing to do with the one above
 */
record Request(long key, long work, boolean repeatable, Destination destination) {
    /** Returns the request that follows from random bits. */
    static Request of(long bits, Clients model) {
        boolean repeatable = SplitMix64.unit(SplitMix64.mix(~bits)) >= model.nonIdempotentShare();
        return new Request(bits, bits, repeatable, model.keys() == 0 ? Destination.ANY : withKey(bits, model.keys()));
    }

    private static Destination withKey(long bits, int keys) {
        long number = (long) (keys * SplitMix64.unit(SplitMix64.mix(Long.reverse(bits))));
        return Destination.ANY.withKey(RequestKey.of("key-" + number));
    }

    /** Returns what settles how much work it is for the next tier to answer this. */
    static long workBehind(long work) {
        return SplitMix64.mix(work);
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
     * Returns what a server asks of the next tier in order to answer this. The work there is the same at every attempt, as it is here, and
     * the key goes along.
     *
     * @param attemptKey the key of the attempt that the server answers
     */
    Request behind(long attemptKey) {
        return new Request(SplitMix64.mix(~attemptKey), workBehind(work), repeatable, destination);
    }
}
