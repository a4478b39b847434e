package dev.evenkeel.lb.grpc;

import dev.evenkeel.lb.retry.RetryPolicy;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The service config of a channel: what the application set, and ours where that says nothing. Its method configs hold,
 * and those without a retry or hedging policy get ours, as do methods of which none speaks; its throttling holds. Which
 * policy chooses endpoints is ours to say.
 *
 * @param config as a tree of maps, lists, strings, doubles and booleans
 * @param methods those that have a retry or hedging policy of the application's
 * @param unused what of the application's config has no effect, and why, in words for the log
 */
record MergedConfig(Map<String, ?> config, ConfiguredMethods methods, List<String> unused) {
    private static final String METHODS = "methodConfig";
    private static final String POLICIES = "loadBalancingConfig";
    private static final String OLD_POLICY = "loadBalancingPolicy";
    private static final String HEALTH = "healthCheckConfig";
    private static final String RETRY = "retryPolicy";
    private static final String HEDGING = "hedgingPolicy";

    /**
     * What a channel allows.
     *
     * @param enabled whether calls may be repeated or hedged at all
     * @param retryAttempts how often a call may be made with a retry policy
     * @param hedgedAttempts how often with a hedging policy
     */
    record Limits(boolean enabled, int retryAttempts, int hedgedAttempts) {
        static final Limits NONE = new Limits(true, Integer.MAX_VALUE, Integer.MAX_VALUE);
    }

    /**
     * Merges. What is malformed is left as it is, for gRPC to refuse.
     *
     * @param users the application's; null if it has none
     * @param policy the name of ours
     */
    static MergedConfig of(@Nullable Map<String, ?> users, RetryPolicy retry, String policy, Limits limits) {
        Map<String, ?> ours = ServiceConfig.of(retry, policy);
        if (users == null || users.isEmpty()) {
            return new MergedConfig(ours, ConfiguredMethods.NONE, List.of());
        }
        List<String> unused = new ArrayList<>();
        Map<String, Object> merged = new LinkedHashMap<>(users);
        addPolicies(merged, policy, unused);
        if (merged.remove(HEALTH) != null) {
            unused.add(HEALTH + ": give the load balancer a healthCheck, such as GrpcHealthCheck");
        }
        merged.putAll(Map.of(POLICIES, ours.get(POLICIES)));
        ConfiguredMethods.Builder methods = new ConfiguredMethods.Builder();
        if (!users.containsKey(METHODS) || users.get(METHODS) instanceof List<?>) {
            merged.put(METHODS, methodConfigs(users.get(METHODS), ours.get(METHODS), methods, limits, unused));
        }
        return new MergedConfig(merged, methods.build(), unused);
    }

    private static void addPolicies(Map<String, Object> merged, String ours, List<String> unused) {
        TreeSet<String> named = new TreeSet<>();
        if (merged.remove(POLICIES) instanceof List<?> list) {
            for (Object entry : list) {
                if (entry instanceof Map<?, ?> one) {
                    one.keySet().forEach(name -> named.add(String.valueOf(name)));
                }
            }
        }
        if (merged.remove(OLD_POLICY) instanceof String name) {
            named.add(name);
        }
        named.removeAll(List.of(ours, EvenkeelPolicyProvider.NAME, QualifiedPolicyProvider.QUALIFIED_NAME));
        if (!named.isEmpty()) {
            unused.add(POLICIES + " " + named + ": endpoints are chosen by the load balancer");
        }
    }

    private static List<Object> methodConfigs(
            @Nullable Object users,
            @Nullable Object ours,
            ConfiguredMethods.Builder methods,
            Limits limits,
            List<String> unused) {
        List<Object> merged = new ArrayList<>();
        Map<?, ?> rest = ours instanceof List<?> list && list.get(0) instanceof Map<?, ?> all ? all : null;
        for (Object entry : users instanceof List<?> list ? list : List.of()) {
            merged.add(entry instanceof Map<?, ?> one ? methodConfig(one, rest, methods, limits, unused) : entry);
        }
        if (rest != null && !methods.speaksOfAll()) {
            merged.add(rest);
        }
        return merged;
    }

    private static Map<?, ?> methodConfig(
            Map<?, ?> users,
            @Nullable Map<?, ?> ours,
            ConfiguredMethods.Builder methods,
            Limits limits,
            List<String> unused) {
        ConfiguredMethods.Policy policy = policy(users);
        List<String> names = new ArrayList<>();
        for (Object name : users.get("name") instanceof List<?> list ? list : List.of()) {
            if (name instanceof Map<?, ?> one) {
                String key = ConfiguredMethods.key(one.get("service"), one.get("method"));
                methods.add(key, policy);
                names.add(key.isEmpty() ? "all methods" : key.endsWith("/") ? key + "*" : key);
            }
        }
        if (!names.isEmpty()) {
            noteLimit(RETRY, users.get(RETRY), names, limits.enabled(), limits.retryAttempts(), unused);
            noteLimit(HEDGING, users.get(HEDGING), names, limits.enabled(), limits.hedgedAttempts(), unused);
        }
        if (policy != ConfiguredMethods.Policy.NONE || ours == null) {
            return users;
        }
        Map<Object, Object> merged = new LinkedHashMap<>(users);
        merged.put(RETRY, ours.get(RETRY));
        return merged;
    }

    private static ConfiguredMethods.Policy policy(Map<?, ?> methodConfig) {
        if (methodConfig.get(HEDGING) != null) {
            return ConfiguredMethods.Policy.HEDGING;
        }
        return methodConfig.get(RETRY) == null ? ConfiguredMethods.Policy.NONE : ConfiguredMethods.Policy.RETRY;
    }

    private static void noteLimit(
            String what, @Nullable Object policy, List<String> names, boolean enabled, int most, List<String> unused) {
        if (!(policy instanceof Map<?, ?> settings)) {
            return;
        }
        String of = what + " of " + String.join(", ", names);
        if (!enabled) {
            unused.add(of + ": the channel has disableRetry()");
        } else if (settings.get("maxAttempts") instanceof Double asked && asked > most) {
            unused.add(of + ": of its " + asked.intValue() + " attempts the channel allows " + most + ", see "
                    + (what.equals(RETRY) ? "maxRetryAttempts" : "maxHedgedAttempts"));
        }
    }
}
