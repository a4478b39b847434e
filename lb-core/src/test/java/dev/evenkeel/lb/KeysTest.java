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
import dev.evenkeel.lb.locality.MetadataSubsets;
import dev.evenkeel.lb.locality.Split;
import dev.evenkeel.lb.locality.Subsetting;
import dev.evenkeel.lb.policy.KeyedPolicy;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
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
    void theKeysOfAFullEndpointGoWhereTheyWouldIfItWereOut(LoadBalancingPolicy policy) {
        TestService service = service(policy, 10, settings -> settings.maxInFlightPerEndpoint(1));
        Map<Integer, String> before = homes(service);
        int key = before.keySet().stream()
                .filter(one -> before.get(one).equals("10.0.0.3:80"))
                .findFirst()
                .orElseThrow();
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
    void whereKeysGoIsWorkedOutOncePerListForAllViews() {
        AtomicInteger maps = new AtomicInteger();
        KeyedPolicy ring = LoadBalancingPolicy.ringHash();
        KeyedPolicy counting = endpoints -> {
            maps.incrementAndGet();
            return ring.newKeyMap(endpoints);
        };
        TestService service = service(counting, 10, settings -> settings);
        service.loadBalancer.openView(() -> {}).setReady(Endpoint.of("10.0.0.1:80"), true);
        service.loadBalancer.drain("10.0.0.3:80");
        service.refuse("10.0.0.4:80");
        assertThat(maps.get()).isEqualTo(1);

        service.source.put(Endpoint.of("10.0.0.5:80").withWeight(2));
        assertThat(maps.get()).isEqualTo(2);
    }

    @Test
    void subsetsHaveMapsOfTheirOwn() {
        AtomicInteger maps = new AtomicInteger();
        KeyedPolicy ring = LoadBalancingPolicy.ringHash();
        KeyedPolicy counting = endpoints -> {
            maps.incrementAndGet();
            return ring.newKeyMap(endpoints);
        };
        TestService service = service(counting, 10, settings -> settings.subsets(MetadataSubsets.by("version")));
        assertThat(maps.get()).isEqualTo(3);

        service.loadBalancer.drain("10.0.0.3:80");
        service.loadBalancer.undrain("10.0.0.3:80");
        assertThat(maps.get()).isEqualTo(3);
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
