package dev.evenkeel.benchmarks.grpc;

import io.grpc.LoadBalancerProvider;
import io.grpc.LoadBalancerRegistry;
import io.grpc.NameResolver.ConfigOrError;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The policies of gRPC channels that are compared: ours, and those that come with grpc-java. */
public enum GrpcPolicy {
    EVENKEEL("evenkeel", Map.of()),
    ROUND_ROBIN("round_robin", Map.of()),
    LEAST_REQUEST("least_request_experimental", Map.of()),
    /** Over round robin, with all that it can detect and gRFC A50's numbers, but for a sweep every second instead of every ten. */
    OUTLIER_DETECTION(
            "outlier_detection_experimental",
            Map.of(
                    "interval",
                    "1s",
                    "successRateEjection",
                    Map.of(),
                    "failurePercentageEjection",
                    Map.of(),
                    "childPolicy",
                    List.of(Map.of("round_robin", Map.of()))));

    private final String inRegistry;

    @SuppressWarnings("ImmutableEnumChecker") // made by Map.of
    private final Map<String, ?> config;

    GrpcPolicy(String inRegistry, Map<String, ?> config) {
        this.inRegistry = inRegistry;
        this.config = config;
    }

    /** Returns what a service config says to choose it. */
    List<Map<String, ?>> serviceConfig() {
        return List.of(Map.of(inRegistry, config));
    }

    LoadBalancerProvider provider() {
        return Objects.requireNonNull(LoadBalancerRegistry.getDefaultRegistry().getProvider(inRegistry), inRegistry);
    }

    /** Returns its config as it is handed to the policy. */
    @Nullable
    Object parsedConfig() {
        ConfigOrError parsed = provider().parseLoadBalancingPolicyConfig(config);
        if (parsed.getError() != null) {
            throw new IllegalStateException(inRegistry + ": " + parsed.getError());
        }
        return parsed.getConfig();
    }
}
