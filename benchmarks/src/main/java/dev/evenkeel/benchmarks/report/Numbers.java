package dev.evenkeel.benchmarks.report;

import java.time.Duration;

/** Numbers as text, the same on every machine, JDK and locale: they are rounded to whole numbers first, and those have one spelling. */
final class Numbers {
    private Numbers() {}

    /** Returns a number of zero or more with so many decimals, 0 to 6. */
    static String fixed(double value, int decimals) {
        long power = 1;
        for (int i = 0; i < decimals; i++) {
            power *= 10;
        }
        long parts = Math.round(value * power);
        String fraction = String.valueOf(power + parts % power).substring(1);
        return decimals == 0 ? String.valueOf(parts) : parts / power + "." + fraction;
    }

    /** Returns milliseconds, with a decimal where there are few. */
    static String millis(Duration duration) {
        double millis = duration.toNanos() / 1e6;
        return fixed(millis, millis < 9.95 ? 1 : 0);
    }

    /** Returns a duration in seconds, with a decimal only where it has one. */
    static String seconds(Duration duration) {
        return duration.toMillis() % 1_000 == 0
                ? String.valueOf(duration.toSeconds())
                : fixed(duration.toNanos() / 1e9, duration.toMillis() % 100 == 0 ? 1 : 2);
    }

    static Duration ofSeconds(double seconds) {
        return Duration.ofNanos(Math.round(seconds * 1e9));
    }

    /** Returns the number of an axis' mark, with a decimal only where it has one. */
    static String tick(double value) {
        return fixed(value, Math.abs(value - Math.rint(value)) < 0.05 ? 0 : 1);
    }

    /** Returns a whole number of zero or more with a comma after each thousand. */
    static String thousands(long number) {
        return number < 1_000
                ? String.valueOf(number)
                : thousands(number / 1_000) + ","
                        + String.valueOf(1_000 + number % 1_000).substring(1);
    }

    static String percent(double share) {
        return fixed(share * 100, 1) + " %";
    }

    /** Returns the share of calls that succeeded, rounded down: only where none failed it says 100. */
    static String success(double rate) {
        return rate == 1 ? "100 %" : fixed(Math.floor(rate * 1e4) / 1e2, 2) + " %";
    }
}
