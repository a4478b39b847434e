package dev.evenkeel.lb.grpc;

import dev.evenkeel.lb.text.OneLine;
import java.net.URI;
import java.util.Objects;

/** The rule for targets: {@code lb:///orders}, where the path is the name of a service. */
final class ServiceTarget {
    /** The scheme of targets. */
    static final String SCHEME = "lb";

    private ServiceTarget() {}

    /**
     * Returns the name of the service.
     *
     * @throws IllegalArgumentException if the target names none, or names something besides
     */
    static String service(URI target) {
        String path = Objects.requireNonNullElse(target.getPath(), "");
        String name = path.startsWith("/") ? path.substring(1) : path;
        String authority = target.getRawAuthority();
        if (authority != null && !authority.isEmpty()) {
            throw malformed(target, "there is '" + authority + "' between the second and the third slash");
        }
        if (target.getRawQuery() != null || target.getRawFragment() != null) {
            throw malformed(target, "it has a query or a fragment");
        }
        if (name.isEmpty()) {
            throw malformed(target, "it names no service");
        }
        if (name.contains("/")) {
            throw malformed(target, "there is a slash in the service's name");
        }
        if (name.contains(":")) {
            throw malformed(target, "it has a port, which belongs to the endpoints");
        }
        return name;
    }

    private static IllegalArgumentException malformed(URI target, String why) {
        return new IllegalArgumentException("target '" + OneLine.of(String.valueOf(target)) + "' must be "
                + target.getScheme() + ":///service, but " + why);
    }
}
