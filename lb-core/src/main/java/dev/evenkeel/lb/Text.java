package dev.evenkeel.lb;

import dev.evenkeel.lb.text.OneLine;
import java.util.Collection;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;

/** How things are put into words, the same everywhere. */
final class Text {
    private static final int SOME = 10;

    private Text() {}

    /** Returns a latency in milliseconds, with decimals where it is short. */
    static String latency(double nanos) {
        double millis = nanos / 1e6;
        return String.format(Locale.ROOT, millis < 10 ? "%.1f ms" : "%.0f ms", millis);
    }

    static String millis(long nanos) {
        return nanos / 1_000_000 + " ms";
    }

    /** Returns a number without decimals that are all 0. */
    static String number(double value) {
        return String.format(Locale.ROOT, "%.3f", value).replaceFirst("\\.?0+$", "");
    }

    static String seconds(long nanos) {
        return String.format(Locale.ROOT, "%.1f s", nanos / 1e9);
    }

    /** Returns the first ten of many, and how many more there are. */
    static String some(Collection<?> items) {
        return some(items, item -> item);
    }

    /** Does the same with what is said of each. */
    static <T> String some(Collection<T> items, Function<T, ?> said) {
        String first = items.stream()
                .limit(SOME)
                .map(said)
                .map(item -> OneLine.of(String.valueOf(item)))
                .collect(Collectors.joining(", "));
        if (items.isEmpty()) {
            return "none";
        }
        return items.size() <= SOME ? first : first + " and " + (items.size() - SOME) + " more";
    }
}
