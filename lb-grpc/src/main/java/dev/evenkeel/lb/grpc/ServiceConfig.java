package dev.evenkeel.lb.grpc;

import dev.evenkeel.lb.retry.Backoff;
import dev.evenkeel.lb.retry.RetryPolicy;
import io.grpc.Status;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What gRPC must be told in a service config, as a tree of maps, lists, strings and doubles: the policy, and that it repeats calls. How
 * often and which is decided by the load balancer, for each attempt; gRPC's own throttling, which knows one channel only, stays unset.
 */
final class ServiceConfig {
    /** gRPC refuses a backoff of nothing. */
    private static final Duration SHORTEST = Duration.ofMillis(1);

    private static final Set<Status.Code> REPEATED = Set.of(Status.Code.UNAVAILABLE, Status.Code.CANCELLED);

    private ServiceConfig() {}

    /** Returns whether gRPC would repeat a call that ended so, if nobody told it otherwise. */
    static boolean mayBeRepeated(Status.Code code) {
        return REPEATED.contains(code);
    }

    /**
     * Returns it.
     *
     * @param name of our policy
     */
    static Map<String, ?> of(RetryPolicy retry, String name) {
        Map<String, ?> policy = Map.of("loadBalancingConfig", List.of(Map.of(name, Map.of())));
        if (retry.maxAttempts() == 1) {
            return policy;
        }
        Map<String, ?> everyMethod = Map.of("name", List.of(Map.of()), "retryPolicy", retryPolicy(retry));
        return Map.of(
                "loadBalancingConfig", List.of(Map.of(name, Map.of())),
                "methodConfig", List.of(everyMethod));
    }

    /**
     * The codes and the backoff concern only what has no trailers: a lost connection is {@code UNAVAILABLE}, and a stream that a dying
     * server reset is {@code CANCELLED}. Everything else is repeated when the load balancer says.
     */
    private static Map<String, ?> retryPolicy(RetryPolicy retry) {
        Backoff backoff = retry.backoff();
        return Map.of(
                "maxAttempts", (double) retry.maxAttempts(),
                "initialBackoff", seconds(backoff.base()),
                "maxBackoff", seconds(backoff.max()),
                "backoffMultiplier", 2.0,
                "retryableStatusCodes",
                        REPEATED.stream().map(Enum::name).sorted().toList());
    }

    private static String seconds(Duration duration) {
        Duration atLeast = duration.compareTo(SHORTEST) < 0 ? SHORTEST : duration;
        return BigDecimal.valueOf(atLeast.toNanos(), 9).toPlainString() + "s";
    }
}
