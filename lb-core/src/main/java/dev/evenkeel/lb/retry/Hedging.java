package dev.evenkeel.lb.retry;

import java.time.Duration;

/**
 * When a call makes a second attempt while it still waits for the first: at another endpoint, and whichever answers first is taken. It
 * cuts the tail of latency at the price of requests that are made twice, so it is for services whose tail is worth that.
 *
 * <p>Only idempotent requests are hedged whose body can be sent again, once in a call, and counted among {@link RetryPolicy}'s attempts.
 * A hedge takes a token from the retry budget, without its minimum: successes must have paid for it. While most calls are late at the
 * same time it is the service that has become slow, or the network, and nothing is hedged unless {@code hedgeWhileSlow} is set.
 *
 * <p>Source: Dean and Barroso, "The Tail at Scale", 2013.
 *
 * @param percentile the share of first attempts that are answered before the hedge is due, as observed; 0.5 to 0.999
 * @param minDelay the shortest wait before a hedge, 1 ms to 60 s
 * @param maxShare hedges per success over the window of the retry budget, more than 0, at most 1
 */
public record Hedging(double percentile, Duration minDelay, double maxShare) {
    /** After the 95th percentile and at least 1 ms, at most 10 % of successes: twice as many as there are when nothing is wrong. */
    public static final Hedging DEFAULT = new Hedging(0.95, Duration.ofMillis(1), 0.1);

    public Hedging {
        if (!(percentile >= 0.5 && percentile <= 0.999)) {
            throw new IllegalArgumentException("hedging.percentile is " + percentile + ", must be 0.5 to 0.999");
        }
        if (minDelay.compareTo(Duration.ofMillis(1)) < 0 || minDelay.compareTo(Duration.ofSeconds(60)) > 0) {
            throw new IllegalArgumentException("hedging.minDelay is " + minDelay + ", must be 1 ms to 60 s");
        }
        if (!(maxShare > 0 && maxShare <= 1)) {
            throw new IllegalArgumentException(
                    "hedging.maxShare is " + maxShare + ", must be more than 0 and at most 1");
        }
    }
}
