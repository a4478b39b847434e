package dev.evenkeel.lb.sim;

import java.util.random.RandomGenerator;

/**
 * Random numbers that are the same on every machine and JDK.
 *
 * <p>Every method that draws is defined here: the JDK may change how its defaults derive numbers from {@link
 * #nextLong}. Streams with different names are independent, so what one part of a simulation draws does not shift what
 * another part draws. Not safe for use by several threads at once.
 *
 * <p>Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
 */
final class SplitMix64 implements RandomGenerator {
    private static final long GAMMA = 0x9E37_79B9_7F4A_7C15L;

    private long state;

    private SplitMix64(long state) {
        this.state = state;
    }

    /** Returns the generator that begins at this state. */
    static SplitMix64 of(long state) {
        return new SplitMix64(state);
    }

    /** Returns the stream of this name that belongs to the client or server with this index. */
    static SplitMix64 stream(long seed, Stream name, int index) {
        return new SplitMix64(mix(mix(mix(seed) + name.number) + index));
    }

    /** What random numbers are for. */
    enum Stream {
        ARRIVALS(1),
        CALLS(2),
        BALANCER(3),
        ORACLE(4);

        private final long number;

        Stream(long number) {
            this.number = number;
        }
    }

    /** Scrambles 64 bits: every input bit changes half of the output bits. */
    static long mix(long bits) {
        long z = (bits ^ (bits >>> 30)) * 0xBF58_476D_1CE4_E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D0_49BB_1331_11EBL;
        return z ^ (z >>> 31);
    }

    /** Turns random bits into a number that is at least 0 and less than 1. */
    static double unit(long bits) {
        return (bits >>> 11) * 0x1p-53;
    }

    @Override
    public long nextLong() {
        state += GAMMA;
        return mix(state);
    }

    @Override
    public long nextLong(long bound) {
        return nextLong(0, bound);
    }

    /** The bias of the remainder is below bound / 2⁶⁴. */
    @Override
    public long nextLong(long origin, long bound) {
        if (origin >= bound) {
            throw new IllegalArgumentException("bound is " + bound + ", must be greater than " + origin);
        }
        return origin + Long.remainderUnsigned(nextLong(), bound - origin);
    }

    @Override
    public int nextInt() {
        return (int) (nextLong() >>> 32);
    }

    @Override
    public int nextInt(int bound) {
        return nextInt(0, bound);
    }

    @Override
    public int nextInt(int origin, int bound) {
        if (origin >= bound) {
            throw new IllegalArgumentException("bound is " + bound + ", must be greater than " + origin);
        }
        long width = (long) bound - origin;
        return (int) (origin + (((nextLong() >>> 32) * width) >>> 32));
    }

    @Override
    public boolean nextBoolean() {
        return nextLong() < 0;
    }

    @Override
    public float nextFloat() {
        return (nextLong() >>> 40) * 0x1p-24f;
    }

    @Override
    public float nextFloat(float bound) {
        return nextFloat(0, bound);
    }

    @Override
    public float nextFloat(float origin, float bound) {
        return Math.min(Math.nextDown(bound), (float) nextDouble(origin, bound));
    }

    @Override
    public double nextDouble() {
        return unit(nextLong());
    }

    @Override
    public double nextDouble(double bound) {
        return nextDouble(0, bound);
    }

    /** Rounding could reach the bound, which is not allowed. */
    @Override
    public double nextDouble(double origin, double bound) {
        if (!(origin < bound)) {
            throw new IllegalArgumentException("bound is " + bound + ", must be greater than " + origin);
        }
        return Math.min(Math.nextDown(bound), origin + nextDouble() * (bound - origin));
    }

    @Override
    public double nextGaussian() {
        return Quantiles.normal(nextDouble());
    }

    @Override
    public double nextGaussian(double mean, double deviation) {
        return mean + deviation * nextGaussian();
    }

    @Override
    public double nextExponential() {
        return Quantiles.exponential(nextDouble());
    }
}
