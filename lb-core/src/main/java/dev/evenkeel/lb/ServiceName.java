package dev.evenkeel.lb;

import dev.evenkeel.lb.text.OneLine;
import java.util.Locale;
import java.util.regex.Pattern;

/** The rule for names of services: a DNS name, because it stands in URLs and is what TLS checks. Case does not matter. */
final class ServiceName {
    private static final int LENGTH = 253;
    private static final Pattern NAME =
            Pattern.compile("[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*");
    private static final Pattern DOTTED_DIGITS = Pattern.compile("[0-9.]+");

    private ServiceName() {}

    /** Returns the name in lower case. */
    static String checked(String name) {
        if (name.isBlank()) {
            throw new IllegalArgumentException("the service name is empty, must be a name such as orders.svc");
        }
        String lower = name.toLowerCase(Locale.ROOT);
        if (lower.length() > LENGTH || !NAME.matcher(lower).matches()) {
            throw new IllegalArgumentException("service name '" + abbreviated(name)
                    + "' is not a DNS name: letters, digits, '-' and '_' in parts separated by dots, at most " + LENGTH
                    + " characters" + (name.contains(":") ? "; a port belongs to the endpoints" : ""));
        }
        if (DOTTED_DIGITS.matcher(lower).matches()) {
            throw new IllegalArgumentException(
                    "service name '" + name
                            + "' is an IP address, must be a name: clients connect to an IP address without asking a load balancer");
        }
        return lower;
    }

    private static String abbreviated(String name) {
        return OneLine.of(name.length() <= 60 ? name : name.substring(0, 60) + "…");
    }
}
