package dev.evenkeel.lb.health;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Lets an endpoint that joins or returns take up its share little by little: its caches are cold and its code is not compiled yet.
 *
 * <p>Source: Envoy's slow start, HAProxy's {@code slowstart}.
 *
 * @param window how long the ramp takes; zero turns it off
 * @param floor the share of its weight that it starts with, more than 0, at most 1
 * @param aggression how the ramp bends: 1 is a straight line, more gives more at first
 * @param requests how many attempts of this client it takes as well, 0 or more; the ramp then ends at the latest after three windows. A
 *     server is not warmed by time alone; but one client of many sees few of the requests that warm it, so by default none are asked for
 */
public record SlowStart(Duration window, double floor, double aggression, int requests) {
    /** 30 s from 10 % on, in a straight line. */
    public static final SlowStart DEFAULT = new SlowStart(Duration.ofSeconds(30), 0.1, 1, 0);

    /** No ramp. */
    public static final SlowStart OFF = new SlowStart(Duration.ZERO, 1, 1, 0);

    private static final int LATEST_END = 3;

    public SlowStart {
        if (window.isNegative()) {
            throw new IllegalArgumentException("slowStart.window is " + window + ", must not be negative");
        }
        if (!(floor > 0 && floor <= 1)) {
            throw new IllegalArgumentException("slowStart.floor is " + floor + ", must be more than 0 and at most 1");
        }
        if (!(aggression > 0 && aggression <= 100)) {
            throw new IllegalArgumentException(
                    "slowStart.aggression is " + aggression + ", must be more than 0 and at most 100");
        }
        if (requests < 0) {
            throw new IllegalArgumentException("slowStart.requests is " + requests + ", must not be negative");
        }
    }

    /**
     * Returns the share of its weight that an endpoint has, from the floor to 1; 1 when the ramp is over.
     *
     * @param ageNanos since it joined or returned
     * @param attempts completed since then
     */
    public double share(long ageNanos, long attempts) {
        double time = window.isZero() ? 1 : (double) ageNanos / TimeUnit.NANOSECONDS.convert(window);
        if (time >= LATEST_END) {
            return 1;
        }
        double seen = requests == 0 ? 1 : (double) attempts / requests;
        double progress = Math.min(1, Math.min(time, seen));
        return Math.max(floor, StrictMath.pow(progress, 1 / aggression));
    }
}
