package dev.evenkeel.lb.health;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/**
 * How long an endpoint stays ejected, and how many may be out at a time.
 *
 * <p>Source: Envoy and ServiceTalk for the times. Their cap of 10 % keeps the second bad one of ten in use.
 *
 * @param base the first time; the n-th is n times as long
 * @param max the longest time
 * @param jitter up to so much more or less, so that clients that ejected together do not return together
 * @param maxShare the share of endpoints that may be out on suspicion, 0 to 1; rounded down, and one if that is none
 */
public record EjectionTime(Duration base, Duration max, Duration jitter, double maxShare) {
    /** 30 s, 60 s … 300 s, give or take 3 s, and at most 30 % of the endpoints. */
    public static final EjectionTime DEFAULT =
            new EjectionTime(Duration.ofSeconds(30), Duration.ofSeconds(300), Duration.ofSeconds(3), 0.3);

    public EjectionTime {
        if (base.isNegative() || base.isZero()) {
            throw new IllegalArgumentException("ejection.base is " + base + ", must be positive");
        }
        if (max.compareTo(base) < 0) {
            throw new IllegalArgumentException("ejection.max is " + max + ", must be at least ejection.base, " + base);
        }
        if (jitter.isNegative() || jitter.compareTo(base) >= 0) {
            throw new IllegalArgumentException(
                    "ejection.jitter is " + jitter + ", must be 0 or more, and less than ejection.base, " + base);
        }
        if (!(maxShare >= 0 && maxShare <= 1)) {
            throw new IllegalArgumentException("ejection.maxShare is " + maxShare + ", must be 0 to 1");
        }
    }

    /** Returns how long an endpoint is out that has been ejected so many times, this one included. */
    public long nanos(int times, RandomGenerator random) {
        double nominal = Math.min(
                (double) TimeUnit.NANOSECONDS.convert(max), (double) TimeUnit.NANOSECONDS.convert(base) * times);
        return (long) (nominal + (2 * random.nextDouble() - 1) * TimeUnit.NANOSECONDS.convert(jitter));
    }

    /**
     * Returns how many of so many endpoints may be out on suspicion: the share, rounded down, but at least one, and never the last.
     * Rounded up it would be half of four, and what is left of a small service must carry the load alone.
     */
    public int allowed(int endpoints) {
        if (maxShare == 0) {
            return 0;
        }
        return Math.max(0, Math.min(Math.max(1, (int) (maxShare * endpoints)), endpoints - 1));
    }
}
