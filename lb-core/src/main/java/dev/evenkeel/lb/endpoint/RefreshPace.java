package dev.evenkeel.lb.endpoint;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How often a source looks up, and how soon it believes bad news.
 *
 * @param interval from the end of one look-up to the start of the next, give or take a fifth; 100 ms to one day
 * @param settle how long look-ups must go on failing before that is reported; zero reports the first failure
 */
record RefreshPace(Duration interval, Duration settle) {
    private static final Duration SHORTEST = Duration.ofMillis(100);
    private static final Duration LONGEST = Duration.ofDays(1);

    /** Processes that started together must not ask together for ever. A fifth is Envoy's and Finagle's order of magnitude. */
    private static final double JITTER = 0.2;

    /** Guessed: one slow look-up is ordinary, three rounds without any news are not. */
    private static final int SILENT_INTERVALS = 3;

    /** Guessed: soon for a person who has just saved a file, and still ten looks a second at most. */
    private static final Duration SETTLE_STEP = Duration.ofMillis(100);

    RefreshPace {
        if (interval.compareTo(SHORTEST) < 0 || interval.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException(
                    "interval is " + interval + ", must be from " + SHORTEST + " to " + LONGEST);
        }
    }

    RefreshPace withInterval(Duration newInterval) {
        return new RefreshPace(newInterval, settle);
    }

    /** Returns how long to wait before the next regular look-up. */
    long nextNanos(RandomGenerator random) {
        double factor = 1 - JITTER + 2 * JITTER * random.nextDouble();
        return Math.round(interval.toNanos() * factor);
    }

    /** Returns how long to wait before looking again at something that has just begun to fail. */
    long settleStepNanos() {
        return SETTLE_STEP.toNanos();
    }

    long settleNanos() {
        return settle.toNanos();
    }

    /** Returns after what time a look-up without an answer counts as a failure. */
    Duration silence() {
        return interval.multipliedBy(SILENT_INTERVALS);
    }
}
