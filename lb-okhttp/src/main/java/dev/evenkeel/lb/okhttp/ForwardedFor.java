package dev.evenkeel.lb.okhttp;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The list of addresses that proxies write into a header, the client's first: {@code 203.0.113.7, 10.0.0.1}. */
final class ForwardedFor {
    /** An IPv6 address with brackets, zone and port is shorter. */
    private static final int LONGEST = 100;

    private ForwardedFor() {}

    /** Returns the first address without brackets and port, which some proxies add; null if there is none of a sensible length. */
    static @Nullable String first(@Nullable String header) {
        if (header == null) {
            return null;
        }
        int comma = header.indexOf(',');
        int end = comma < 0 ? header.length() : comma;
        String first = end > LONGEST ? "" : withoutPort(header.substring(0, end).trim());
        return first.isEmpty() ? null : first.toLowerCase(Locale.ROOT);
    }

    private static String withoutPort(String address) {
        if (address.startsWith("[")) {
            int end = address.indexOf(']');
            return end < 0 ? "" : address.substring(1, end);
        }
        int colon = address.indexOf(':');
        boolean onlyOne = colon >= 0 && address.indexOf(':', colon + 1) < 0;
        return onlyOne ? address.substring(0, colon) : address;
    }
}
