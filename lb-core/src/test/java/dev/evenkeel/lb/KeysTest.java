package dev.evenkeel.lb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.evenkeel.lb.call.Destination;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.call.RequestKey;
import dev.evenkeel.lb.call.Subset;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.Locality;
import dev.evenkeel.lb.endpoint.MutableEndpointSource;
import dev.evenkeel.lb.endpoint.OutReason;
import dev.evenkeel.lb.locality.MetadataSubsets;
import dev.evenkeel.lb.locality.Split;
import dev.evenkeel.lb.locality.Subsetting;
import dev.evenkeel.lb.observe.EndpointStatus;
import dev.evenkeel.lb.policy.KeyedPolicy;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Requests with keys in a load balancer: where they go as endpoints go out, come back, fill up and are divided. */
class KeysTest {
    private static final int KEYS = 500;

    static Stream<LoadBalancingPolicy> policies() {
        return Stream.of(
                LoadBalancingPolicy.ringHash(), LoadBalancingPolicy.maglev(), LoadBalancingPolicy.rendezvous());
    }

    private static List<Endpoint> endpoints(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> Endpoint.of("10.0." + i / 250 + "." + i % 250 + ":80")
                        .withLocality(new Locality("", i % 2 == 0 ? "a" : "b"))
                        .withMetadata("version", i % 2 == 0 ? "v1" : "v2"))
                .toList();
    }

    private static TestService service(
            LoadBalancingPolicy policy, int endpoints, UnaryOperator<LoadBalancerBuilder> settings) {
        return TestService.over(
                MutableEndpointSource.of(endpoints(endpoints)), builder -> settings.apply(builder.policy(policy)));
    }

    private static Attempt attempt(TestService service, int key) {
        Destination destination = Destination.ANY.withKey(RequestKey.of("user-" + key));
        return service.loadBalancer
                .newCall(RequestInfo.IDEMPOTENT.withDestination(destination))
                .nextAttempt();
    }

    private static Map<Integer, String> homes(TestService service) {
        Map<Integer, String> homes = new HashMap<>();
        for (int key = 0; key < KEYS; key++) {
            Attempt attempt = attempt(service, key);
            attempt.complete(Outcome.SUCCESS);
            homes.put(key, attempt.endpoint().id());
        }
        return homes;
    }

    private static int keyAt(String home, Map<Integer, String> homes) {
        return homes.keySet().stream()
                .filter(key -> homes.get(key).equals(home))
                .findFirst()
                .orElseThrow();
    }

    @ParameterizedTest
    @MethodSource("policies")
    void whileAnEndpointIsOutOnlyItsKeysAreElsewhere(LoadBalancingPolicy policy) {
        TestService service = service(policy, 10, settings -> settings);
        Map<Integer, String> before = homes(service);

        service.loadBalancer.drain("10.0.0.3:80");
        Map<Integer, String> meanwhile = homes(service);
        service.loadBalancer.undrain("10.0.0.3:80");

        before.forEach((key, home) -> {
            if (!home.equals("10.0.0.3:80")) {
                assertThat(meanwhile).containsEntry(key, home);
            }
        });
        assertThat(meanwhile.values()).doesNotContain("10.0.0.3:80");
        assertThat(homes(service)).isEqualTo(before);
    }

    @ParameterizedTest
    @MethodSource("policies")
    void whileTheWeightOfAnEndpointIsZeroOnlyItsKeysAreElsewhere(LoadBalancingPolicy policy) {
        TestService service = service(policy, 10, settings -> settings);
        service.source.put(Endpoint.of("10.0.0.3:80").withWeight(3));
        service.advance(Duration.ofMinutes(1));
        Map<Integer, String> before = homes(service);

        service.source.put(Endpoint.of("10.0.0.3:80").withWeight(0));
        Map<Integer, String> meanwhile = homes(service);
        service.source.put(Endpoint.of("10.0.0.3:80").withWeight(3));

        before.forEach((key, home) -> {
            if (!home.equals("10.0.0.3:80")) {
                assertThat(meanwhile).containsEntry(key, home);
            }
        });
        assertThat(meanwhile.values()).doesNotContain("10.0.0.3:80");
        assertThat(homes(service)).isEqualTo(before);
    }

    @ParameterizedTest
    @MethodSource("policies")
    void whileAnEndpointAsksForAPauseOnlyItsKeysAreElsewhere(LoadBalancingPolicy policy) {
        TestService service = service(policy, 10, settings -> settings);
        Map<Integer, String> before = homes(service);
        Outcome maintenance = Outcome.pushback("HTTP 503", Duration.ofMinutes(2));

        attempt(service, keyAt("10.0.0.3:80", before)).complete(maintenance);
        Map<Integer, String> meanwhile = homes(service);
        service.advance(Duration.ofSeconds(31)); // as long as it may ask for

        before.forEach((key, home) -> {
            if (!home.equals("10.0.0.3:80")) {
                assertThat(meanwhile).containsEntry(key, home);
            }
        });
        assertThat(meanwhile.values()).doesNotContain("10.0.0.3:80");
        assertThat(homes(service)).isEqualTo(before);
    }

    @ParameterizedTest
    @MethodSource("policies")
    void whileAnEndpointIsEjectedOnlyItsKeysAreElsewhere(LoadBalancingPolicy policy) {
        TestService service = service(policy, 10, settings -> settings);
        Map<Integer, String> before = homes(service);
        int key = keyAt("10.0.0.3:80", before);

        for (int i = 0; i < 5; i++) {
            attempt(service, key).complete(TestService.HTTP_503);
        }
        assertThat(service.status("10.0.0.3:80").availability().has(OutReason.EJECTED))
                .isTrue();
        Map<Integer, String> meanwhile = homes(service);
        service.advance(Duration.ofSeconds(40));

        before.forEach((one, home) -> {
            if (!home.equals("10.0.0.3:80")) {
                assertThat(meanwhile).containsEntry(one, home);
            }
        });
        assertThat(meanwhile.values()).doesNotContain("10.0.0.3:80");
        assertThat(homes(service)).as("also while it starts slowly").isEqualTo(before);
    }

    /** Another client, or this one after a restart, has only the new list to go by. */
    @ParameterizedTest
    @MethodSource("policies")
    void anEndpointThatIsHashedByAnotherNameHasTheKeysThatAFreshClientGivesIt(LoadBalancingPolicy policy) {
        TestService service = service(policy, 10, settings -> settings);
        Map<Integer, String> before = homes(service);

        service.source.put(endpoints(10).get(3).withMetadata(KeyedPolicy.HASH_KEY, "orders-3"));

        TestService fresh = TestService.over(
                MutableEndpointSource.of(service.loadBalancer.endpoints().stream()
                        .map(EndpointStatus::endpoint)
                        .toList()),
                settings -> settings.policy(policy));
        assertThat(homes(service)).isEqualTo(homes(fresh)).isNotEqualTo(before);
    }

    @ParameterizedTest
    @MethodSource("policies")
    void theKeysOfAFullEndpointGoWhereTheyWouldIfItWereOut(LoadBalancingPolicy policy) {
        TestService service = service(policy, 10, settings -> settings.maxInFlightPerEndpoint(1));
        Map<Integer, String> before = homes(service);
        int key = keyAt("10.0.0.3:80", before);
        service.loadBalancer.drain("10.0.0.3:80");
        Map<Integer, String> withoutIt = homes(service);
        service.loadBalancer.undrain("10.0.0.3:80");

        Attempt full = attempt(service, key);
        assertThat(homes(service)).isEqualTo(withoutIt);
        full.complete(Outcome.SUCCESS);
        assertThat(homes(service)).isEqualTo(before);
    }

    @ParameterizedTest
    @MethodSource("policies")
    void aRetryGoesToTheSameSecondChoiceEachTime(LoadBalancingPolicy policy) {
        TestService service = service(policy, 10, settings -> settings);
        for (int key = 0; key < 20; key++) {
            Destination destination = Destination.ANY.withKey(RequestKey.of("user-" + key));
            List<String> seconds = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                BalancedCall call = service.loadBalancer.newCall(RequestInfo.IDEMPOTENT.withDestination(destination));
                call.nextAttempt().complete(Outcome.SUCCESS);
                Attempt second = call.nextAttempt();
                second.complete(Outcome.SUCCESS);
                seconds.add(second.endpoint().id());
            }
            assertThat(seconds.stream().distinct()).hasSize(1);
        }
    }

    @ParameterizedTest
    @MethodSource("policies")
    void allClientsSendAKeyToTheSameEndpoint(LoadBalancingPolicy policy) {
        assertThat(homes(service(policy, 400, settings -> settings)))
                .isEqualTo(homes(service(policy, 400, settings -> settings.clientId("another"))));
    }

    @ParameterizedTest
    @MethodSource("policies")
    void aKeyStaysInItsZoneAndInItsShareOfACanary(LoadBalancingPolicy policy) {
        TestService zones = service(policy, 10, settings -> settings.locality(new Locality("", "a")));
        assertThat(homes(zones)).isEqualTo(homes(zones));
        assertThat(zones.loadBalancer.describe()).contains("zone a: 65 %");

        TestService canary = service(
                policy,
                10,
                settings -> settings.subsets(MetadataSubsets.by("version"))
                        .split(Split.of(Subset.of("version", "v1"), 80).and(Subset.of("version", "v2"), 20)));
        assertThat(homes(canary)).isEqualTo(homes(canary));
    }

    @Test
    void aPartOfALongListIsRefusedByPoliciesByKey() {
        assertThatThrownBy(() -> service(
                        LoadBalancingPolicy.ringHash(), 10, settings -> settings.subsetting(Subsetting.DEFAULT)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(
                        "subsetting is Subsetting[size=100, above=200], but with the policy ringHash()");
    }
}
