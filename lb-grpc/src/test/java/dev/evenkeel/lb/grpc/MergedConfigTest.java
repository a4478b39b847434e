package dev.evenkeel.lb.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.retry.RetryPolicy;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What becomes of an application's service config. */
class MergedConfigTest {
    private static final Map<String, ?> HEDGING = Map.of("maxAttempts", 7.0, "hedgingDelay", "1s");
    private static final Map<String, ?> RETRY = Map.of("maxAttempts", 4.0);
    private static final MergedConfig.Limits LIMITS = new MergedConfig.Limits(true, 10, 5);

    private static MergedConfig merge(@Nullable Map<String, ?> users) {
        return MergedConfig.of(users, RetryPolicy.DEFAULT, "evenkeel", LIMITS);
    }

    private static Map<String, ?> entry(String service, String method, String what, Object value) {
        return Map.of("name", List.of(Map.of("service", service, "method", method)), what, value);
    }

    private static Map<?, ?> ours() {
        return (Map<?, ?>) ((List<?>) merge(null).config().get("methodConfig")).get(0);
    }

    @Test
    void withoutOneOursIsUsed() {
        assertThat(merge(null).config()).isEqualTo(ServiceConfig.of(RetryPolicy.DEFAULT, "evenkeel"));
        assertThat(merge(Map.of()).config()).isEqualTo(ServiceConfig.of(RetryPolicy.DEFAULT, "evenkeel"));
        assertThat(merge(null).unused()).isEmpty();
    }

    @Test
    void entriesHoldAndOursFillsTheGaps() {
        Map<String, ?> hedged = entry("shop.Orders", "List", "hedgingPolicy", HEDGING);
        Map<String, ?> timed = entry("shop.Orders", "Get", "timeout", "1s");
        MergedConfig merged = merge(Map.of(
                "methodConfig", List.of(hedged, timed), "retryThrottling", Map.of("maxTokens", 10.0), "other", "kept"));

        List<?> entries = (List<?>) merged.config().get("methodConfig");
        assertThat(entries).hasSize(3);
        assertThat(entries.get(0)).isEqualTo(hedged);
        assertThat((Map<?, ?>) entries.get(1))
                .isEqualTo(
                        Map.of("name", timed.get("name"), "timeout", "1s", "retryPolicy", ours().get("retryPolicy")));
        assertThat(entries.get(2)).isEqualTo(ours());
        assertThat(merged.config().get("retryThrottling")).isEqualTo(Map.of("maxTokens", 10.0));
        assertThat(merged.config().get("other")).isEqualTo("kept");
    }

    @Test
    void anEntryForAllMethodsTakesThePlaceOfOurs() {
        Map<String, ?> all = Map.of("name", List.of(Map.of()), "waitForReady", true);
        assertThat((List<?>)
                        merge(Map.of("methodConfig", List.of(all))).config().get("methodConfig"))
                .singleElement()
                .isEqualTo(Map.of(
                        "name", List.of(Map.of()), "waitForReady", true, "retryPolicy", ours().get("retryPolicy")));
    }

    @Test
    void whereTheLoadBalancerDoesNotRepeatNothingIsAdded() {
        Map<String, ?> timed = entry("shop.Orders", "Get", "timeout", "1s");
        MergedConfig merged =
                MergedConfig.of(Map.of("methodConfig", List.of(timed)), RetryPolicy.NONE, "evenkeel", LIMITS);
        assertThat(merged.config().get("methodConfig")).isEqualTo(List.of(timed));
    }

    @Test
    void theMostSpecificEntrySaysWhoDecides() {
        ConfiguredMethods methods = merge(Map.of(
                        "methodConfig",
                        List.of(
                                entry("a.A", "Own", "retryPolicy", RETRY),
                                Map.of("name", List.of(Map.of("service", "b.B")), "hedgingPolicy", HEDGING),
                                entry("b.B", "Timed", "timeout", "1s"))))
                .methods();
        assertThat(methods.of("a.A/Own")).isEqualTo(ConfiguredMethods.Policy.RETRY);
        assertThat(methods.of("a.A/Other")).isEqualTo(ConfiguredMethods.Policy.NONE);
        assertThat(methods.of("b.B/Any")).isEqualTo(ConfiguredMethods.Policy.HEDGING);
        assertThat(methods.of("b.B/Timed")).isEqualTo(ConfiguredMethods.Policy.NONE);
        assertThat(methods.of(null)).isEqualTo(ConfiguredMethods.Policy.NONE);

        ConfiguredMethods all = merge(
                        Map.of("methodConfig", List.of(Map.of("name", List.of(Map.of()), "retryPolicy", RETRY))))
                .methods();
        assertThat(all.of("c.C/Any")).isEqualTo(ConfiguredMethods.Policy.RETRY);
    }

    @Test
    void whatHasNoEffectIsNamed() {
        MergedConfig merged = merge(Map.of(
                "loadBalancingConfig", List.of(Map.of("round_robin", Map.of()), Map.of("evenkeel", Map.of())),
                "loadBalancingPolicy", "pick_first",
                "healthCheckConfig", Map.of("serviceName", ""),
                "methodConfig", List.of(entry("shop.Orders", "List", "hedgingPolicy", HEDGING))));
        assertThat(merged.unused())
                .containsExactly(
                        "loadBalancingConfig [pick_first, round_robin]: endpoints are chosen by the load balancer",
                        "healthCheckConfig: give the load balancer a healthCheck, such as GrpcHealthCheck",
                        "hedgingPolicy of shop.Orders/List: of its 7 attempts the channel allows 5, see maxHedgedAttempts");
        assertThat(merged.config().get("loadBalancingConfig")).isEqualTo(List.of(Map.of("evenkeel", Map.of())));

        MergedConfig never = MergedConfig.of(
                Map.of("methodConfig", List.of(entry("shop.Orders", "List", "retryPolicy", RETRY))),
                RetryPolicy.DEFAULT,
                "evenkeel",
                new MergedConfig.Limits(false, 10, 5));
        assertThat(never.unused()).containsExactly("retryPolicy of shop.Orders/List: the channel has disableRetry()");
        assertThat(merge(Map.of("loadBalancingConfig", List.of(Map.of("evenkeel", Map.of()))))
                        .unused())
                .isEmpty();
    }

    @Test
    void whatIsMalformedIsLeftForGrpcToRefuse() {
        assertThat(merge(Map.of("methodConfig", "none")).config().get("methodConfig"))
                .isEqualTo("none");
        assertThat((List<?>)
                        merge(Map.of("methodConfig", List.of("none"))).config().get("methodConfig"))
                .first()
                .isEqualTo("none");
    }
}
