package dev.evenkeel.lb.okhttp;

import dev.evenkeel.lb.time.Environment;
import dev.evenkeel.lb.time.Ticker;
import java.time.Duration;

/**
 * How many idle connections are kept for each endpoint, and for how long.
 *
 * @param maxIdlePerEndpoint the most idle connections to one endpoint, 0 or more. OkHttp's own default of 5 is for all hosts
 *     together, and makes a client of twenty endpoints connect anew for every request
 * @param keepAlive how long an idle connection is kept; more than 0. Best less than the servers' own keep-alive, so that it is we who
 *     close and not they, just when a request is sent
 * @param ticker by which it is known how long a connection has been idle
 */
record PoolSettings(int maxIdlePerEndpoint, Duration keepAlive, Ticker ticker) {
    static final PoolSettings DEFAULT =
            new PoolSettings(32, Duration.ofMinutes(5), Environment.system().ticker());

    PoolSettings {
        if (maxIdlePerEndpoint < 0) {
            throw new IllegalArgumentException("maxIdlePerEndpoint is " + maxIdlePerEndpoint + ", must be 0 or more");
        }
        if (keepAlive.isNegative() || keepAlive.isZero() || keepAlive.compareTo(Duration.ofDays(1)) > 0) {
            throw new IllegalArgumentException("keepAlive is " + keepAlive + ", must be more than 0 and at most 1 day");
        }
    }
}
