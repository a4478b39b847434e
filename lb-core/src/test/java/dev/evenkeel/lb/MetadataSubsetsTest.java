package dev.evenkeel.lb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.evenkeel.lb.call.Destination;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.call.Subset;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.MutableEndpointSource;
import dev.evenkeel.lb.endpoint.OutReason;
import dev.evenkeel.lb.locality.MetadataSubsets;
import dev.evenkeel.lb.locality.Split;
import dev.evenkeel.lb.observe.EndpointStatus;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.testkit.FakeContext;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Requests that ask for endpoints by their metadata, and those that are divided between such subsets. */
class MetadataSubsetsTest {
    private static final Subset V1 = Subset.of("version", "v1");
    private static final Subset V2 = Subset.of("version", "v2");
    private static final Subset V3 = Subset.of("version", "v3");
    private static final List<Endpoint> FLEET = List.of(
            endpoint(1, "v1", "primary"),
            endpoint(2, "v1", "replica"),
            endpoint(3, "v1", "replica"),
            endpoint(4, "v2", "replica"),
            endpoint(5, "v2", "primary"));

    private static Endpoint endpoint(int number, String version, String role) {
        return Endpoint.of("10.0.0." + number + ":80")
                .withMetadata("version", version)
                .withMetadata("role", role);
    }

    private static TestService service(MetadataSubsets subsets, UnaryOperator<LoadBalancerBuilder> settings) {
        return TestService.over(
                MutableEndpointSource.of(FLEET),
                builder -> settings.apply(builder.subsets(subsets).policy(LoadBalancingPolicy.random())));
    }

    private static TestService service(MetadataSubsets subsets) {
        return service(subsets, settings -> settings);
    }

    private static BalancedCall call(TestService service, Subset subset) {
        return service.loadBalancer.newCall(RequestInfo.IDEMPOTENT.withDestination(Destination.ANY.withSubset(subset)));
    }

    private static Attempt pick(TestService service, Subset subset) {
        Attempt attempt = call(service, subset).nextAttempt();
        attempt.complete(Outcome.SUCCESS);
        return attempt;
    }

    private static double share(TestService service, String version) {
        int found = 0;
        for (int i = 0; i < 4_000; i++) {
            Attempt attempt = service.attempt();
            found += version.equals(attempt.endpoint().metadata().get("version")) ? 1 : 0;
            attempt.complete(Outcome.SUCCESS);
        }
        return found / 4_000.0;
    }

    @Test
    void aRequestGoesOnlyWhereItsSubsetIs() {
        TestService service = service(MetadataSubsets.by("version").andBy("version", "role"));
        for (int i = 0; i < 200; i++) {
            assertThat(pick(service, V2).endpoint().metadata()).containsEntry("version", "v2");
            assertThat(pick(service, V1.and("role", "primary")).endpoint()).isEqualTo(FLEET.get(0));
        }
    }

    @Test
    void aRetryStaysInTheSubsetAndEndsWithIt() {
        TestService service = service(MetadataSubsets.by("version"));
        BalancedCall call = call(service, V2);
        Attempt first = call.nextAttempt();
        first.complete(TestService.HTTP_503);
        assertThat(call.retryAfter(TestService.HTTP_503).isRetry()).isTrue();
        Attempt second = call.nextAttempt();
        second.complete(Outcome.SUCCESS);

        assertThat(second.endpoint()).isNotEqualTo(first.endpoint());
        assertThat(second.endpoint().metadata()).containsEntry("version", "v2");
    }

    @Test
    void aSubsetThatIsOutIsUsedAllTheSame() {
        TestService service = service(MetadataSubsets.by("version"));
        for (int i = 0; i < 2; i++) {
            call(service, V2).nextAttempt().complete(TestService.REFUSED);
        }

        assertThat(pick(service, V2).endpoint().metadata()).containsEntry("version", "v2");
    }

    @Test
    void aRequestWithoutASubsetGoesAnywhere() {
        TestService service = service(MetadataSubsets.by("version"));

        assertThat(share(service, "v2")).isEqualTo(0.4, within(0.03));
    }

    @Test
    void whereNobodyIsTheMessageSaysWhatThereIs() {
        TestService service = service(MetadataSubsets.by("version"));

        assertThatThrownBy(() -> pick(service, V3))
                .isInstanceOf(NoEndpointException.class)
                .hasMessageStartingWith("orders.svc: no endpoint of the subset {version=v3} can be picked; there are")
                .hasMessageContaining("{version=v1}")
                .extracting(e -> ((NoEndpointException) e).reason())
                .isEqualTo(NoEndpointException.Reason.NOBODY);
        assertThatThrownBy(() -> pick(service, Subset.of("role", "primary")))
                .isInstanceOf(NoEndpointException.class)
                .hasMessage("orders.svc: there is no subset {role=primary}, subsets are by version")
                .extracting(e -> ((NoEndpointException) e).reason())
                .isEqualTo(NoEndpointException.Reason.NEVER);
        assertThatThrownBy(() -> pick(service(MetadataSubsets.NONE), V1))
                .isInstanceOf(NoEndpointException.class)
                .hasMessage("orders.svc: there is no subset {version=v1}, subsets are none");
    }

    @Test
    void whereNobodyIsTheFallbackIsTaken() {
        TestService any = service(MetadataSubsets.by("version").fallingBackToAny());
        TestService other = service(MetadataSubsets.by("version").fallingBackTo(V1));
        for (int i = 0; i < 100; i++) {
            assertThat(FLEET).contains(pick(any, V3).endpoint());
            assertThat(pick(other, V3).endpoint().metadata()).containsEntry("version", "v1");
            assertThat(pick(any, V2).endpoint().metadata()).containsEntry("version", "v2");
        }
    }

    @Test
    void worthWaitingForIsWhoIsInTheSubsetOrInItsFallback() {
        MetadataSubsets rules = MetadataSubsets.by("version");
        Subset unknown = Subset.of("role", "primary");

        assertThat(reached(service(rules), V1)).containsExactlyInAnyOrderElementsOf(FLEET.subList(0, 3));
        assertThat(reached(service(rules), unknown)).isEmpty();
        assertThat(reached(service(rules.fallingBackToAny()), V1)).containsExactlyInAnyOrderElementsOf(FLEET);
        assertThat(reached(service(rules.fallingBackTo(V1)), V2)).containsExactlyInAnyOrderElementsOf(FLEET);
        assertThat(reached(service(rules.fallingBackTo(V1)), unknown))
                .containsExactlyInAnyOrderElementsOf(FLEET.subList(0, 3));
    }

    /** Returns for whom a call that finds nobody would wait, were they being connected to. */
    private static List<Endpoint> reached(TestService service, Subset wanted) {
        LoadBalancerView view = service.loadBalancer.openView(() -> {});
        return FLEET.stream()
                .filter(endpoint -> view.isWorthWaiting(call(service, wanted), endpoint::equals))
                .toList();
    }

    @Test
    void aFullFallbackIsNotTakenForTheSubset() {
        TestService service = service(
                MetadataSubsets.by("version").fallingBackToAny(), settings -> settings.maxInFlightPerEndpoint(1));
        service.source.set(FLEET.subList(0, 1));
        call(service, V3).nextAttempt();

        assertThatThrownBy(() -> pick(service, V3))
                .isInstanceOf(NoEndpointException.class)
                .hasMessage("orders.svc: all endpoints that are used in place of the subset {version=v3} have 1"
                        + " attempts in flight, as many as maxInFlightPerEndpoint allows");
    }

    @Test
    void whereTheFallbackIsEmptyTooTheCallFails() {
        TestService service = service(MetadataSubsets.by("version").fallingBackTo(V2));
        service.source.set(FLEET.subList(0, 3)); // nobody is left in it

        for (Subset empty : List.of(V2, V3)) {
            assertThatThrownBy(() -> pick(service, empty))
                    .isInstanceOf(NoEndpointException.class)
                    .hasMessageStartingWith(
                            "orders.svc: no endpoint of the subset " + empty + " can be picked; there are")
                    .hasMessageContaining("{version=v1}");
        }
        assertThat(pick(service, V1).endpoint().metadata()).containsEntry("version", "v1");
    }

    @Test
    void aProbeOfWhatIsOutRespectsTheSubset() {
        TestService service = service(MetadataSubsets.by("version"));
        service.refuse("10.0.0.1:80");
        service.advance(Duration.ofSeconds(5)); // whoever may, tries it

        for (int i = 0; i < 20; i++) {
            assertThat(pick(service, V2).endpoint().metadata()).containsEntry("version", "v2");
        }
        assertThat(pick(service, V1).isProbe()).isTrue();
    }

    @Test
    void aCanaryGetsItsShareWhichMayChangeAtAnyTime() {
        TestService service = service(
                MetadataSubsets.by("version"),
                settings -> settings.split(Split.of(V1, 95).and(V2, 5)));
        assertThat(share(service, "v2")).isEqualTo(0.05, within(0.015));

        service.loadBalancer.setSplit(Split.of(V1, 1).and(V2, 1));
        assertThat(share(service, "v2")).isEqualTo(0.5, within(0.03));

        service.loadBalancer.setSplit(Split.of(V1, 1).and(V2, 0));
        assertThat(share(service, "v2")).isZero();
        service.loadBalancer.setSplit(Split.NONE);
        assertThat(share(service, "v2")).isEqualTo(0.4, within(0.03));
    }

    @Test
    void anotherSplitKeepsWhatIsKnown() {
        TestService service = service(
                MetadataSubsets.by("version"),
                settings -> settings.split(Split.of(V1, 95).and(V2, 5)));
        Attempt attempt = service.attemptAt("10.0.0.5:80");
        service.advance(Duration.ofMillis(30));
        attempt.complete(Outcome.SUCCESS);
        for (int i = 0; i < 5; i++) {
            service.attemptAt("10.0.0.4:80").complete(TestService.HTTP_503);
        }
        List<EndpointStatus> known = service.loadBalancer.endpoints();
        assertThat(service.status("10.0.0.4:80").availability().has(OutReason.EJECTED))
                .isTrue();
        assertThat(service.status("10.0.0.4:80").failures()).isEqualTo(5);
        assertThat(service.status("10.0.0.5:80").latency()).isGreaterThan(Duration.ZERO);

        service.loadBalancer.setSplit(Split.of(V1, 1).and(V2, 1));

        assertThat(service.loadBalancer.endpoints()).isEqualTo(known);
        assertThat(service.picks(200)).contains("10.0.0.5:80").doesNotContain("10.0.0.4:80");
    }

    @Test
    void aFullCanaryLeavesItsCallsToTheOthers() {
        TestService service = service(
                MetadataSubsets.by("version"),
                settings ->
                        settings.maxInFlightPerEndpoint(1).split(Split.of(V1, 1).and(V2, 1)));
        List<Attempt> underWay = new ArrayList<>();
        while (underWay.size() < 5) {
            underWay.add(service.attempt()); // there is room for five, wherever they are drawn for
        }
        assertThatThrownBy(service::attempt).isInstanceOf(NoEndpointException.class);

        Attempt last = underWay.get(4);
        last.complete(Outcome.SUCCESS);
        LoadBalancerView view = service.loadBalancer.openView(() -> {});
        FLEET.forEach(endpoint -> view.setReady(endpoint, true));
        for (int i = 0; i < 50; i++) {
            assertThat(view.pick(FakeContext.FIRST_TRY).endpoint()).isEqualTo(last.endpoint());
        }
    }

    @Test
    void whereAllSharesAreFullNobodyElseIsAsked() {
        TestService service = service(
                MetadataSubsets.by("version"),
                settings ->
                        settings.maxInFlightPerEndpoint(1).split(Split.of(V1, 1).and(V2, 0)));
        for (int i = 0; i < 3; i++) {
            assertThat(service.attempt().endpoint().metadata()).containsEntry("version", "v1");
        }

        assertThatThrownBy(service::attempt)
                .isInstanceOf(NoEndpointException.class)
                .hasMessage("orders.svc: all endpoints that the split leads to have 1 attempts in flight, as many as"
                        + " maxInFlightPerEndpoint allows");
    }

    @Test
    void aFullSubsetIsLikeAnEmptyOne() {
        UnaryOperator<LoadBalancerBuilder> oneEach = settings -> settings.maxInFlightPerEndpoint(1);
        TestService none = service(MetadataSubsets.by("version"), oneEach);
        TestService any = service(MetadataSubsets.by("version").fallingBackToAny(), oneEach);
        TestService other = service(MetadataSubsets.by("version").fallingBackTo(V1), oneEach);
        for (TestService service : List.of(none, any, other)) {
            assertThat(call(service, V2).nextAttempt().endpoint().metadata()).containsEntry("version", "v2");
            assertThat(call(service, V2).nextAttempt().endpoint().metadata()).containsEntry("version", "v2");
        }

        assertThatThrownBy(() -> pick(none, V2))
                .isInstanceOf(NoEndpointException.class)
                .hasMessage("orders.svc: all endpoints of the subset {version=v2} have 1 attempts in flight, as many as"
                        + " maxInFlightPerEndpoint allows")
                .extracting(e -> ((NoEndpointException) e).reason())
                .isEqualTo(NoEndpointException.Reason.LIMIT);
        assertThat(pick(any, V2).endpoint().metadata()).containsEntry("version", "v1");
        assertThat(pick(other, V2).endpoint().metadata()).containsEntry("version", "v1");
    }

    @Test
    void aCanaryThatIsGoneLeavesItsShareToTheOthers() {
        TestService service = service(
                MetadataSubsets.by("version"),
                settings -> settings.split(Split.of(V1, 50).and(V2, 50)));
        service.source.set(FLEET.subList(0, 3));

        assertThat(share(service, "v1")).isEqualTo(1);
        service.source.set(List.of(Endpoint.of("10.0.0.9:80")));
        assertThat(service.picks(1)).as("nobody has a version").containsExactly("10.0.0.9:80");
    }

    @Test
    void aRetryLeavesACanaryThatItHasTried() {
        TestService service = service(
                MetadataSubsets.by("version"),
                settings -> settings.split(Split.of(V2, 1).and(V3, 1)));
        service.source.set(List.of(endpoint(4, "v2", "replica"), endpoint(6, "v3", "replica")));
        for (int i = 0; i < 50; i++) {
            BalancedCall call = service.call();
            Attempt first = call.nextAttempt();
            first.complete(Outcome.SUCCESS);
            Attempt second = call.nextAttempt();
            second.complete(Outcome.SUCCESS);

            assertThat(second.endpoint()).isNotEqualTo(first.endpoint());
        }
    }

    @Test
    void nobodyTriesACanaryThatGetsNothing() {
        TestService service = service(
                MetadataSubsets.by("version"),
                settings -> settings.split(Split.of(V1, 1).and(V2, 1)));
        service.refuse("10.0.0.4:80");
        service.loadBalancer.setSplit(Split.of(V1, 1).and(V2, 0));
        service.advance(Duration.ofMinutes(1));

        assertThat(service.picks(100)).doesNotContain("10.0.0.4:80");
    }

    @Test
    void smallSubsetsOfALongListAreUsedAsAWhole() {
        List<Endpoint> endpoints = new ArrayList<>();
        IntStream.range(0, 1_000)
                .forEach(i -> endpoints.add(Endpoint.of("10.0." + i / 250 + "." + i % 250 + ":80")
                        .withMetadata("version", i < 5 ? "v2" : "v1")));
        TestService service = TestService.over(
                MutableEndpointSource.of(endpoints),
                settings -> settings.subsets(MetadataSubsets.by("version")).policy(LoadBalancingPolicy.roundRobin()));

        for (int i = 0; i < 5; i++) {
            assertThat(pick(service, V2).endpoint().metadata()).containsEntry("version", "v2");
        }
        assertThat(service.loadBalancer.endpoints().stream()
                        .filter(status -> status.endpoint().metadata().containsValue("v2"))
                        .filter(status -> !status.availability().has(OutReason.UNUSED)))
                .hasSize(5);
    }

    @Test
    void noMoreSubsetsAreMadeReadyThanAreAllowed() {
        List<Endpoint> endpoints = IntStream.range(0, 100)
                .mapToObj(i -> Endpoint.of("10.0.0." + i + ":80").withMetadata("shard", "s" + i))
                .toList();
        TestService service = TestService.over(
                MutableEndpointSource.of(endpoints),
                settings -> settings.subsets(MetadataSubsets.by("shard").most(10)));

        assertThat(pick(service, Subset.of("shard", "s9")).endpoint()).isEqualTo(endpoints.get(9));
        assertThatThrownBy(() -> pick(service, Subset.of("shard", "s10"))).isInstanceOf(NoEndpointException.class);
    }

    @Test
    void badSettingsAreRefused() {
        assertThatThrownBy(() -> MetadataSubsets.by())
                .hasMessage("subsets.selectors has an empty one, must name metadata keys");
        assertThatThrownBy(() -> MetadataSubsets.by("version").most(0))
                .hasMessage("subsets.most is 0, must be 1 to 10000");
        assertThatThrownBy(() -> MetadataSubsets.by("version").fallingBackTo(Subset.of("role", "primary")))
                .hasMessage("subsets.fallback is {role=primary}, which is no subset here: must be by version");
        assertThatThrownBy(() -> Split.of(V1, -1)).hasMessage("split of {version=v1} is -1.0, must be 0 or more");
        assertThatThrownBy(() -> new Split(Map.of(V1, 0.0)))
                .hasMessage("split is {{version=v1}=0.0}, must have weights of more than 0 in all");
        TestService service = service(MetadataSubsets.by("version"));
        assertThatThrownBy(() -> service.loadBalancer.setSplit(Split.of(Subset.of("role", "primary"), 1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("split has the subset {role=primary}, but the service has subsets by version");
    }
}
