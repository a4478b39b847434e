package dev.evenkeel.lb.health;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/**
 * When endpoints are checked, and how many results it takes to change one's mind.
 *
 * <p>The checks of a list are spread over the interval: one endpoint after another, at even distances that vary by up to 20 %. Where
 * {@code maxInFlight} checks at a time cannot go round in an interval, the round takes longer.
 *
 * <p>Source: Envoy's and HAProxy's active checks.
 *
 * @param interval how often each endpoint is checked, give or take 20 %; at least 100 ms
 * @param timeout how long a check may take; at most 80 % of the interval, so that two checks of an endpoint never overlap
 * @param fall how many failures in a row take an endpoint out, 1 to 100
 * @param rise how many passes in a row bring it back, 1 to 100
 * @param maxInFlight how many checks may run at a time, 1 to 10,000
 */
public record CheckSchedule(Duration interval, Duration timeout, int fall, int rise, int maxInFlight) {
    private static final Duration SHORTEST = Duration.ofMillis(100); // DEFAULT is checked against it, so it comes first

    /** Every 10 s, 1 s for an answer, out after 3, back after 2, at most 32 at a time. */
    public static final CheckSchedule DEFAULT =
            new CheckSchedule(Duration.ofSeconds(10), Duration.ofSeconds(1), 3, 2, 32);

    private static final double JITTER = 0.2;

    /** Timers fire no more often than this, and start several checks of a long list at once. Guessed: 100 times a second is little. */
    private static final double SHORTEST_GAP_NANOS = 10_000_000;

    public CheckSchedule {
        if (interval.compareTo(SHORTEST) < 0) {
            throw new IllegalArgumentException(
                    "healthCheck.interval is " + interval + ", must be at least " + SHORTEST);
        }
        if (timeout.isNegative()
                || timeout.isZero()
                || timeout.toNanos() > (1 - JITTER) * TimeUnit.NANOSECONDS.convert(interval)) {
            throw new IllegalArgumentException("healthCheck.timeout is " + timeout
                    + ", must be positive and at most 80 % of the interval, which is " + interval);
        }
        checkRange("fall", fall, 100);
        checkRange("rise", rise, 100);
        checkRange("maxInFlight", maxInFlight, 10_000);
    }

    private static void checkRange(String name, int value, int max) {
        if (value < 1 || value > max) {
            throw new IllegalArgumentException("healthCheck." + name + " is " + value + ", must be 1 to " + max);
        }
    }

    /** Returns how many checks to start at a time for a list of so many endpoints. */
    public int batch(int endpoints) {
        return (int) Math.max(1, Math.ceil(endpoints * SHORTEST_GAP_NANOS / TimeUnit.NANOSECONDS.convert(interval)));
    }

    /** Returns the time from one batch to the next in nanoseconds, for a list of so many endpoints, at least 1. */
    public long gapNanos(int endpoints, RandomGenerator random) {
        double nominal = (double) TimeUnit.NANOSECONDS.convert(interval) * batch(endpoints) / endpoints;
        return (long) (nominal * (1 - JITTER + 2 * JITTER * random.nextDouble()));
    }
}
