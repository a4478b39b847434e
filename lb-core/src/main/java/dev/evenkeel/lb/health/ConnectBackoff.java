package dev.evenkeel.lb.health;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/**
 * How long an endpoint stays out after connections to it fail: a short time, doubling with each failed probe.
 *
 * @param initial the first pause
 * @param max the longest pause
 */
public record ConnectBackoff(Duration initial, Duration max) {
    /** 1 s, doubling to 30 s. */
    public static final ConnectBackoff DEFAULT = new ConnectBackoff(Duration.ofSeconds(1), Duration.ofSeconds(30));

    /** Pauses vary by up to this share, so that clients that lost an endpoint together do not return together. Guessed. */
    private static final double JITTER = 0.2;

    public ConnectBackoff {
        if (initial.isNegative() || initial.isZero()) {
            throw new IllegalArgumentException("connectBackoff.initial is " + initial + ", must be positive");
        }
        if (max.compareTo(initial) < 0) {
            throw new IllegalArgumentException(
                    "connectBackoff.max is " + max + ", must be at least initial, " + initial);
        }
    }

    /**
     * Returns the pause before the next probe, in nanoseconds, at most 20 % above or below its nominal length.
     *
     * @param failures how many times in a row a connection has failed, at least 1
     */
    public long pauseNanos(int failures, RandomGenerator random) {
        double nominal = Math.min(
                (double) TimeUnit.NANOSECONDS.convert(max),
                Math.scalb((double) TimeUnit.NANOSECONDS.convert(initial), failures - 1));
        return (long) (nominal * (1 - JITTER + 2 * JITTER * random.nextDouble()));
    }
}
