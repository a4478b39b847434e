package dev.evenkeel.lb.endpoint;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Under what name and where in its URL space an endpoint serves what the service is.
 *
 * @param authority its own name; null if it is the service's
 * @param basePath what stands before the path of a request, such as {@code /v2}; empty for nothing
 */
record ServedAs(@Nullable Authority authority, String basePath) {
    static final ServedAs THE_SERVICE = new ServedAs(null, "");

    /** Segments of RFC 3986 §3.3 that are not dots. */
    private static final Pattern PATH =
            Pattern.compile("(/(?!\\.{1,2}(/|$))(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+)*");

    static ServedAs of(@Nullable Authority authority, String basePath) {
        Limits.checkLength("base_path", basePath);
        String path = basePath.endsWith("/") ? basePath.substring(0, basePath.length() - 1) : basePath;
        if (!PATH.matcher(path).matches()) {
            throw new IllegalArgumentException("base_path is " + Limits.quote(basePath)
                    + ", must begin with / and be a path of a URL, such as /v2");
        }
        return authority == null && path.isEmpty() ? THE_SERVICE : new ServedAs(authority, path);
    }
}
