package dev.evenkeel.lb.retry;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/**
 * A pause before a retry, uniform between nothing and a bound that doubles with each retry ("full jitter").
 *
 * <p>Source: Envoy's default retry back-off; Brooker, "Exponential Backoff And Jitter", 2015.
 *
 * @param base the bound of the first pause
 * @param max the largest bound
 */
public record Backoff(Duration base, Duration max) {
    /** 25 ms doubling to 250 ms. */
    public static final Backoff DEFAULT = new Backoff(Duration.ofMillis(25), Duration.ofMillis(250));

    public Backoff {
        if (base.isNegative()) {
            throw new IllegalArgumentException("backoff.base is " + base + ", must not be negative");
        }
        if (max.compareTo(base) < 0) {
            throw new IllegalArgumentException("backoff.max is " + max + ", must be at least backoff.base, " + base);
        }
    }

    /**
     * Returns a pause in nanoseconds.
     *
     * @param retry 1 for the first pause of a call, 2 for the second …
     */
    public long pauseNanos(int retry, RandomGenerator random) {
        double bound = Math.min(
                (double) TimeUnit.NANOSECONDS.convert(max),
                Math.scalb((double) TimeUnit.NANOSECONDS.convert(base), retry - 1));
        return (long) (random.nextDouble() * bound);
    }
}
