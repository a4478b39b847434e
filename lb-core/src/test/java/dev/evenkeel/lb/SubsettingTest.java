package dev.evenkeel.lb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.EndpointSource;
import dev.evenkeel.lb.endpoint.Locality;
import dev.evenkeel.lb.endpoint.MutableEndpointSource;
import dev.evenkeel.lb.endpoint.OutReason;
import dev.evenkeel.lb.locality.Subsetting;
import dev.evenkeel.lb.locality.ZoneAffinity;
import dev.evenkeel.lb.observe.EndpointStatus;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.retry.RetryPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** How many of many endpoints a client uses, and which. */
class SubsettingTest {
    private static final UnaryOperator<LoadBalancerBuilder> CLIENT =
            settings -> settings.clientId("frontend-1").policy(LoadBalancingPolicy.random());

    private static List<Endpoint> endpoints(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> Endpoint.of("10.0." + i / 250 + "." + i % 250 + ":80"))
                .toList();
    }

    private static TestService service(List<Endpoint> endpoints, UnaryOperator<LoadBalancerBuilder> settings) {
        return TestService.over(MutableEndpointSource.of(endpoints), CLIENT.andThen(settings)::apply);
    }

    private static Set<String> used(TestService service) {
        return service.loadBalancer.endpoints().stream()
                .filter(status -> !status.availability().has(OutReason.UNUSED))
                .map(status -> status.endpoint().id())
                .collect(Collectors.toSet());
    }

    @Test
    void aListOf200IsUsedAsAWholeAndOfALongerOneAHundred() {
        assertThat(used(service(endpoints(200), settings -> settings))).hasSize(200);

        TestService service = service(endpoints(201), settings -> settings);
        assertThat(used(service)).hasSize(100);
        assertThat(new HashSet<>(service.picks(5_000))).isEqualTo(used(service));
    }

    @Test
    void aClientUsesTheSameOnesAfterARestartWhateverTheOrderOfTheList() {
        List<Endpoint> shuffled = new ArrayList<>(endpoints(1_000));
        Collections.shuffle(shuffled, new Random(1));

        assertThat(used(service(shuffled, settings -> settings)))
                .isEqualTo(used(service(endpoints(1_000), settings -> settings)));
    }

    @Test
    void withoutAnIdAClientUsesOthersThanTheNext() {
        TestService one = TestService.over(EndpointSource.of(endpoints(1_000)));
        Set<String> both = used(one);
        both.retainAll(used(service(endpoints(1_000), settings -> settings)));

        assertThat(both).hasSizeBetween(1, 30);
    }

    @Test
    void clientsTogetherUseAllEndpointsEvenly() {
        Map<String, Integer> users = new HashMap<>();
        List<Endpoint> endpoints = endpoints(500);
        int clients = 500;
        for (int i = 0; i < clients; i++) {
            String id = "client-" + i;
            used(service(endpoints, settings -> settings.clientId(id)))
                    .forEach(endpoint -> users.merge(endpoint, 1, Integer::sum));
        }

        // Each is used by 100 clients, ± 9 by chance.
        assertThat(users).hasSize(500);
        assertThat(users.values()).allMatch(count -> count > 60 && count < 140);
    }

    @Test
    void anEndpointThatLeavesIsReplacedByOneAndNobodyElseMoves() {
        TestService service = service(endpoints(1_000), settings -> settings);
        Set<String> before = used(service);
        String leaving = before.iterator().next();

        service.source.remove(leaving);

        Set<String> after = used(service);
        assertThat(after).hasSize(100).doesNotContain(leaving);
        after.removeAll(before);
        assertThat(after).hasSize(1);
    }

    @Test
    void whatIsOutIsReplacedUntilItIsBack() {
        TestService service = service(endpoints(900), settings -> settings);
        Set<String> before = used(service);
        String refusing = before.iterator().next();

        service.refuse(refusing);
        assertThat(used(service)).hasSize(101).containsAll(before);
        assertThat(service.eventsOf(Event.Type.SUBSET_CHANGED).get(1).detail()).isEqualTo("uses 101 of 900 endpoints");

        service.advance(Duration.ofSeconds(2)); // its probe is due
        service.picks(1);
        assertThat(used(service)).isEqualTo(before);
    }

    @Test
    void endpointsThatAreNotUsedAreNeverTried() {
        TestService service = service(endpoints(1_000), settings -> settings);
        String refusing = used(service).iterator().next();
        service.refuse(refusing);
        service.source.set(endpoints(1_000).stream()
                .filter(endpoint -> !endpoint.id().equals(refusing))
                .toList());
        Set<String> used = used(service);

        service.advance(Duration.ofMinutes(1));

        assertThat(used).containsAll(service.picks(2_000));
    }

    @Test
    void eachZoneIsRepresentedInProportionAndByTwelveAtLeast() {
        List<Endpoint> endpoints = new ArrayList<>();
        endpoints(1_000)
                .forEach(endpoint -> endpoints.add(
                        endpoint.withLocality(new Locality("", endpoints.size() < 970 ? "big" : "small"))));
        TestService service = service(endpoints, settings -> settings.locality(new Locality("", "small")));

        Map<String, Long> byZone = service.loadBalancer.endpoints().stream()
                .filter(status -> !status.availability().has(OutReason.UNUSED))
                .collect(Collectors.groupingBy(
                        status -> status.endpoint().locality().zone(), Collectors.counting()));

        assertThat(byZone).containsEntry("big", 97L).containsEntry("small", 12L);
    }

    @Test
    void eachPriorityIsRepresented() {
        List<Endpoint> endpoints = new ArrayList<>();
        endpoints(1_000).forEach(endpoint -> endpoints.add(endpoint.withPriority(endpoints.size() < 5 ? 0 : 1)));
        TestService service = service(endpoints, settings -> settings);

        assertThat(new HashSet<>(service.picks(500))).hasSize(5);
    }

    @Test
    void noMoreThanTheirShareOfThoseInUseIsEjected() {
        TestService service = service(endpoints(900), settings -> settings.retry(RetryPolicy.NONE));
        Set<String> first = used(service);
        List<String> failing = first.stream().limit(45).toList();
        for (int i = 0; i < 60_000; i++) {
            Attempt attempt = service.attempt();
            attempt.complete(failing.contains(attempt.endpoint().id()) ? TestService.HTTP_503 : Outcome.SUCCESS);
        }

        long out = service.loadBalancer.endpoints().stream()
                .filter(status -> status.availability().has(OutReason.EJECTED))
                .count();
        assertThat(out).isLessThanOrEqualTo((long) (0.3 * used(service).size()));
        assertThat(used(service).size() - out).isGreaterThanOrEqualTo(100);
    }

    @Test
    void turnedOffAllAreUsed() {
        assertThat(used(service(endpoints(1_000), settings -> settings.subsetting(Subsetting.OFF))))
                .hasSize(1_000);
    }

    @Test
    void badSettingsAreRefused() {
        assertThatThrownBy(() -> new Subsetting(11, 200)).hasMessage("subsetting.size is 11, must be at least 12");
        assertThatThrownBy(() -> new Subsetting(100, 99))
                .hasMessage("subsetting.above is 99, must be at least subsetting.size, 100");
        assertThatThrownBy(() -> service(endpoints(3), settings -> settings.clientId("")))
                .hasMessage("clientId is empty, must tell this client from the others");
    }

    @Test
    void aHundredThousandEndpointsAreOrdinary() {
        TestService service = service(
                IntStream.range(0, 100_000)
                        .mapToObj(
                                i -> Endpoint.of("10." + (i >> 16) + "." + (i >> 8 & 0xFF) + "." + (i & 0xFF) + ":80"))
                        .toList(),
                settings -> settings.zoneAffinity(ZoneAffinity.OFF));

        assertThat(used(service)).hasSize(100);
        assertThat(used(service)).containsAll(service.picks(1_000));
    }

    /** A local outage takes out what is used, and what is used in its place; afterwards most of that is not used any more. */
    private static TestService afterAnOutage() {
        TestService service = service(endpoints(1_000), settings -> settings);
        for (int i = 0; i < 3_000; i++) {
            service.attempt().complete(TestService.REFUSED);
            service.advance(Duration.ofMillis(10));
        }
        assertThat(used(service)).hasSizeGreaterThan(500);
        for (int minute = 0; minute < 60; minute++) {
            service.picks(100);
            service.advance(Duration.ofMinutes(1));
        }
        service.picks(100);
        return service;
    }

    @Test
    void whatIsNotUsedAnyMoreIsNotTriedAndDoesNotKeepRequestsBusy() {
        TestService service = afterAnOutage();

        assertThat(used(service)).hasSize(100);
        try (LoadBalancerView view = service.loadBalancer.openView(() -> {})) {
            assertThat(view.engine().connects.isProbeDue()).isFalse();
        }
    }

    @Test
    void whatWasDueWhenItWentOutOfUseIsTriedAsSoonAsItIsUsedAgain() {
        TestService service = afterAnOutage();
        List<Endpoint> dead = service.loadBalancer.endpoints().stream()
                .filter(status -> status.availability().has(OutReason.CONNECT_FAILED))
                .map(EndpointStatus::endpoint)
                .limit(201)
                .toList();
        assertThat(dead).as("out, and not used").hasSize(201);

        service.source.set(dead);
        service.picks(500);

        assertThat(used(service)).hasSize(100);
        assertThat(service.loadBalancer.endpoints())
                .filteredOn(status -> status.availability().isAvailable())
                .hasSize(100);
    }
}
