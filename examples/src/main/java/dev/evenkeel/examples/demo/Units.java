package dev.evenkeel.examples.demo;

import java.util.Locale;

/** Numbers as people read them, always with a point and never wider than seven characters, except {@link #count}. */
final class Units {
    private Units() {}

    /** Returns a latency; 0 means that there is none. */
    static String latency(long nanos) {
        if (nanos == 0) {
            return "–";
        }
        double millis = nanos / 1e6;
        if (millis >= 999.5) {
            return String.format(Locale.ROOT, "%.1f s", millis / 1e3);
        }
        return String.format(Locale.ROOT, millis < 9.95 ? "%.1f ms" : "%.0f ms", millis);
    }

    static String seconds(long nanos) {
        return String.format(Locale.ROOT, "%.1f s", nanos / 1e9);
    }

    static String percent(double share) {
        return String.format(Locale.ROOT, "%.0f %%", share * 100);
    }

    /** Returns how many of something there are. */
    static String count(long number, String one, String many) {
        return count(number) + " " + (number == 1 ? one : many);
    }

    /** Returns a number with its thousands apart. */
    static String count(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }
}
