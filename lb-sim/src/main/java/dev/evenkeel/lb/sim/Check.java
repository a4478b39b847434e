package dev.evenkeel.lb.sim;

import java.time.Duration;

/** Refuses values that are not allowed, naming the value and what is. */
final class Check {
    private Check() {}

    /** Returns a duration of more than zero in nanoseconds. */
    static long positive(String name, Duration value) {
        if (value.isNegative() || value.isZero()) {
            throw new IllegalArgumentException(name + " is " + text(value) + ", must be positive");
        }
        return nanos(name, value);
    }

    /** Returns a duration of zero or more in nanoseconds. */
    static long notNegative(String name, Duration value) {
        if (value.isNegative()) {
            throw new IllegalArgumentException(name + " is " + text(value) + ", must not be negative");
        }
        return nanos(name, value);
    }

    static void range(String name, double value, double least, double most) {
        if (!(value >= least && value <= most)) {
            throw new IllegalArgumentException(
                    name + " is " + value + ", must be " + number(least) + " to " + number(most));
        }
    }

    static void range(String name, int value, int least, int most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(name + " is " + value + ", must be " + least + " to " + most);
        }
    }

    /** Returns a duration in the unit that reads best. */
    static String text(Duration value) {
        long nanos = value.toNanos();
        if (nanos % 1_000_000 != 0) {
            return nanos / 1e6 + " ms";
        }
        return nanos % 1_000_000_000 == 0 ? value.toSeconds() + " s" : value.toMillis() + " ms";
    }

    /** A year is enough, and far from where sums of nanoseconds overflow. */
    private static long nanos(String name, Duration value) {
        if (value.compareTo(Duration.ofDays(365)) > 0) {
            throw new IllegalArgumentException(name + " is " + value + ", must be at most 365 days");
        }
        return value.toNanos();
    }

    private static String number(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15
                ? String.valueOf((long) value)
                : String.valueOf(value);
    }
}
