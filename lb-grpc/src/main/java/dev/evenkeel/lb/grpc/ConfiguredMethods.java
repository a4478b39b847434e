package dev.evenkeel.lb.grpc;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The methods for which an application's service config has a retry or hedging policy, so that gRPC decides by that
 * which calls are made again. The most specific entry counts, as in gRPC: that of the method, else of its service, else
 * of all.
 *
 * @param policies by the method's full name, its service with a slash behind, or nothing for all: which there is
 */
record ConfiguredMethods(Map<String, Policy> policies) {
    /** No service config says anything. */
    static final ConfiguredMethods NONE = new ConfiguredMethods(Map.of());

    ConfiguredMethods {
        policies = Map.copyOf(policies);
    }

    /** What the application says of a method's further attempts. */
    enum Policy {
        /** Nothing: the load balancer decides. */
        NONE,
        /** When it is repeated. */
        RETRY,
        /** That it is hedged. */
        HEDGING
    }

    /** Returns the application's own policy for a method; none where the method is not known. */
    Policy of(@Nullable String fullName) {
        if (policies.isEmpty() || fullName == null) {
            return Policy.NONE;
        }
        Policy own = policies.get(fullName);
        if (own == null) {
            own = policies.get(fullName.substring(0, fullName.lastIndexOf('/') + 1));
        }
        if (own == null) {
            own = policies.get("");
        }
        return own == null ? Policy.NONE : own;
    }

    /** Returns the key of a name in a method config. */
    static String key(@Nullable Object service, @Nullable Object method) {
        if (service == null || "".equals(service)) {
            return "";
        }
        return service + "/" + (method == null ? "" : method);
    }

    /** Collects them. */
    static final class Builder {
        private final Map<String, Policy> policies = new HashMap<>();

        void add(String key, Policy policy) {
            policies.put(key, policy);
        }

        boolean speaksOfAll() {
            return policies.containsKey("");
        }

        ConfiguredMethods build() {
            return new ConfiguredMethods(policies);
        }
    }
}
