package dev.evenkeel.lb.testkit;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;

/**
 * Randomness that a test decides: first the given numbers, then either numbers that follow from a seed or a failure. Safe for use by
 * many threads; used by one thread, it is the same in every run.
 */
public final class ScriptedRandom implements RandomGenerator {
    private static final long GOLDEN_GAMMA = 0x9E37_79B9_7F4A_7C15L;

    private final long[] script;
    private final AtomicInteger next = new AtomicInteger();
    private final boolean endless;
    private final AtomicLong state;

    private ScriptedRandom(long[] script, boolean endless, long seed) {
        this.script = script.clone();
        this.endless = endless;
        this.state = new AtomicLong(seed);
    }

    /** Returns randomness that gives these numbers and then fails. */
    public static ScriptedRandom of(long... script) {
        return new ScriptedRandom(script, false, 0);
    }

    /** Returns randomness without a script. */
    public static ScriptedRandom seeded(long seed) {
        return new ScriptedRandom(new long[0], true, seed);
    }

    /** Returns randomness that gives this script from its start, and goes on from a seed. */
    public ScriptedRandom thenSeeded(long seed) {
        return new ScriptedRandom(script, true, seed);
    }

    @Override
    public long nextLong() {
        if (next.get() < script.length) {
            int index = next.getAndIncrement();
            if (index < script.length) {
                return script[index];
            }
        }
        if (!endless) {
            throw new AssertionError("all " + script.length + " scripted random numbers are used up");
        }
        return mixed(state.addAndGet(GOLDEN_GAMMA));
    }

    /** SplitMix64, which unlike {@code java.util.Random} is as random in its lower bits as in its upper ones. */
    private static long mixed(long seed) {
        long z = (seed ^ (seed >>> 30)) * 0xBF58_476D_1CE4_E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D0_49BB_1331_11EBL;
        return z ^ (z >>> 31);
    }
}
