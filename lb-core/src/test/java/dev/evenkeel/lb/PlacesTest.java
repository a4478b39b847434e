package dev.evenkeel.lb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.Locality;
import dev.evenkeel.lb.endpoint.OutReason;
import dev.evenkeel.lb.locality.ZoneAffinity;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Priorities, zones and regions: where traffic goes, and where it goes when it cannot. */
class PlacesTest {
    private static final int PICKS = 4_000;

    private static TestService service(List<Endpoint> endpoints, UnaryOperator<LoadBalancerBuilder> settings) {
        TestService service = TestService.with(
                builder -> settings.apply(builder.policy(LoadBalancingPolicy.random())), "192.0.2.1:80");
        service.source.set(endpoints);
        return service;
    }

    private static List<Endpoint> inZones(Object... zonesAndCounts) {
        List<Endpoint> endpoints = new ArrayList<>();
        for (int i = 0; i < zonesAndCounts.length; i += 2) {
            String zone = (String) zonesAndCounts[i];
            int number = i;
            IntStream.range(0, (int) zonesAndCounts[i + 1])
                    .forEach(j -> endpoints.add(Endpoint.of("10." + number + ".0." + j + ":80")
                            .withLocality(new Locality(zone.substring(0, 2), zone))));
        }
        return endpoints;
    }

    private static List<Endpoint> inPriorities(int... counts) {
        List<Endpoint> endpoints = new ArrayList<>();
        for (int priority = 0; priority < counts.length; priority++) {
            for (int i = 0; i < counts[priority]; i++) {
                endpoints.add(Endpoint.of("10." + priority + ".0." + i + ":80").withPriority(priority));
            }
        }
        return endpoints;
    }

    /** Returns the share of picks that go to such endpoints. */
    private static double share(TestService service, Predicate<Endpoint> such) {
        int found = 0;
        for (int i = 0; i < PICKS; i++) {
            Attempt attempt = service.attempt();
            found += such.test(attempt.endpoint()) ? 1 : 0;
            attempt.complete(Outcome.SUCCESS);
        }
        return (double) found / PICKS;
    }

    private static Predicate<Endpoint> priority(int priority) {
        return endpoint -> endpoint.priority() == priority;
    }

    private static Predicate<Endpoint> zone(String zone) {
        return endpoint -> endpoint.locality().zone().equals(zone);
    }

    private static void refuse(TestService service, int count, Predicate<Endpoint> such) {
        List<String> ids = service.loadBalancer.endpoints().stream()
                .filter(status -> status.availability().isAvailable() && such.test(status.endpoint()))
                .map(status -> status.endpoint().id())
                .limit(count)
                .toList();
        ids.forEach(service::refuse);
    }

    @Test
    void theFirstPriorityTakesEverythingDownTo72Percent() {
        TestService service = service(inPriorities(100, 10), settings -> settings);
        assertThat(share(service, priority(0))).isEqualTo(1);

        refuse(service, 28, priority(0));

        assertThat(share(service, priority(0))).isEqualTo(1);
    }

    @Test
    void whatItCannotTakeSpillsInProportion() {
        TestService service = service(inPriorities(10, 10), settings -> settings);

        refuse(service, 5, priority(0));

        assertThat(share(service, priority(0))).isEqualTo(0.7, within(0.03));
        assertThat(service.loadBalancer.describe()).contains("traffic = priority 0: 70 %; priority 1: 30 %");
    }

    @Test
    void withItsServersBackItTakesEverythingAgain() {
        TestService service = service(inPriorities(10, 10), settings -> settings);
        refuse(service, 5, priority(0));

        service.advance(Duration.ofSeconds(2)); // probes are due
        service.picks(10);

        assertThat(share(service, priority(0))).isEqualTo(1);
    }

    @Test
    void aPriorityThatIsGoneLeavesEverythingToTheNext() {
        TestService service = service(inPriorities(3, 3), settings -> settings);

        refuse(service, 3, priority(0));

        assertThat(share(service, priority(1))).isEqualTo(1);
        assertThat(service.eventTypes()).doesNotContain(Event.Type.PANIC_ENTERED);
    }

    @Test
    void panicIsPerPriorityAndOnlyWhenAllTogetherAreNotEnough() {
        TestService service = service(inPriorities(10, 10), settings -> settings);
        refuse(service, 7, priority(0));
        assertThat(service.eventTypes()).as("priority 1 takes what 0 cannot").doesNotContain(Event.Type.PANIC_ENTERED);

        refuse(service, 6, priority(1)); // 42 % + 56 %

        assertThat(service.eventsOf(Event.Type.PANIC_ENTERED).stream().map(Event::detail))
                .anyMatch(detail -> detail.startsWith("priority 0: "))
                .anyMatch(detail -> detail.startsWith("priority 1: "));
    }

    @Test
    void aRetryLeavesItsPriorityWhenItHasTriedAllOfIt() {
        TestService service = service(inPriorities(1, 1), settings -> settings);
        BalancedCall call = service.call();
        Attempt first = call.nextAttempt();
        assertThat(first.endpoint().priority()).isZero();
        first.complete(TestService.HTTP_503);
        assertThat(call.retryAfter(TestService.HTTP_503).isRetry()).isTrue();

        assertThat(call.nextAttempt().endpoint().priority()).isEqualTo(1);
    }

    @Test
    void asMuchStaysInTheZoneAsItsServersCanBear() {
        TestService service = service(
                inZones("eu-a", 1, "eu-b", 2, "eu-c", 6), settings -> settings.locality(new Locality("eu", "eu-a")));

        assertThat(share(service, zone("eu-a"))).isEqualTo(1.3 / 9, within(0.02));
        assertThat(share(service, zone("eu-b"))).isEqualTo(2 * (1 - 1.3 / 9) / 8, within(0.03));
    }

    @Test
    void withoutALocalityZonesDoNotMatter() {
        TestService service = service(inZones("eu-a", 1, "eu-b", 2, "eu-c", 6), settings -> settings);

        assertThat(share(service, zone("eu-a"))).isEqualTo(1.0 / 9, within(0.02));
    }

    @Test
    void withFewerThanSixEndpointsZonesDoNotMatter() {
        TestService service =
                service(inZones("eu-a", 4, "eu-b", 1), settings -> settings.locality(new Locality("eu", "eu-a")));

        assertThat(share(service, zone("eu-a"))).isEqualTo(0.8, within(0.03));
    }

    @Test
    void aZoneThatDoesNotExistIsNoZone() {
        TestService service =
                service(inZones("eu-a", 3, "eu-b", 3), settings -> settings.locality(new Locality("eu", "eu-x")));

        assertThat(share(service, zone("eu-a"))).isEqualTo(0.5, within(0.03));
    }

    @Test
    void aZoneThatDiesSpillsAtOnceAndReturnsSlowly() {
        TestService service = service(
                inZones("eu-a", 4, "eu-b", 4, "eu-c", 4), settings -> settings.locality(new Locality("eu", "eu-a")));
        double before = share(service, zone("eu-a"));
        assertThat(before).isEqualTo(1.3 / 3, within(0.03));

        refuse(service, 4, zone("eu-a"));
        assertThat(share(service, zone("eu-a"))).isZero();

        service.advance(Duration.ofSeconds(2));
        service.picks(10); // their probes
        double first = share(service, zone("eu-a"));
        assertThat(first).isGreaterThan(0).isLessThan(0.2);
        for (int i = 0; i < 40; i++) {
            service.advance(Duration.ofSeconds(1));
        }
        assertThat(share(service, zone("eu-a"))).isEqualTo(before, within(0.03));
    }

    @Test
    void aRetryStaysInItsZoneAsLongAsThereIsSomebodyNew() {
        TestService service = service(
                inZones("eu-a", 5, "eu-b", 1),
                settings ->
                        settings.locality(new Locality("eu", "eu-a")).zoneAffinity(ZoneAffinity.DEFAULT.maxLoad(100)));
        for (int i = 0; i < 50; i++) {
            BalancedCall call = service.call();
            Attempt first = call.nextAttempt();
            first.complete(TestService.HTTP_503);
            Attempt second = call.nextAttempt();
            second.complete(Outcome.SUCCESS);

            assertThat(second.endpoint().locality().zone()).isEqualTo("eu-a");
            assertThat(second.endpoint()).isNotEqualTo(first.endpoint());
        }
    }

    @Test
    void otherRegionsAreUsedInTheirOrderAndOnlyAsFarAsTheFirstCannot() {
        TestService service = service(
                inZones("us-a", 4, "eu-a", 4, "ap-a", 4),
                settings -> settings.locality(new Locality("eu", "")).regionOrder("ap", "us"));
        assertThat(share(service, zone("eu-a"))).isEqualTo(1);

        refuse(service, 2, zone("eu-a"));
        assertThat(share(service, zone("eu-a"))).isEqualTo(0.7, within(0.03));
        assertThat(share(service, zone("ap-a"))).isEqualTo(0.3, within(0.03));

        refuse(service, 4, zone("ap-a"));
        assertThat(share(service, zone("us-a"))).isEqualTo(0.3, within(0.03));
    }

    @Test
    void anEvacuatedZoneDrainsAndComesBackSlowly() {
        TestService service = service(inZones("eu-a", 3, "eu-b", 3), settings -> settings);
        Attempt before = service.attemptAt("10.0.0.0:80");

        service.loadBalancer.evacuateZone("eu-a");
        assertThat(share(service, zone("eu-a"))).isZero();
        assertThat(service.status("10.0.0.0:80").availability().has(OutReason.DRAINING))
                .isTrue();
        service.source.put(Endpoint.of("10.0.0.9:80").withLocality(new Locality("eu", "eu-a")));
        assertThat(share(service, zone("eu-a"))).as("nor who joins it").isZero();
        before.complete(Outcome.SUCCESS);
        assertThat(service.eventsOf(Event.Type.DRAINED))
                .anyMatch(event ->
                        event.endpoint() != null && event.endpoint().id().equals("10.0.0.0:80"));

        service.loadBalancer.restoreZone("eu-a");
        assertThat(share(service, endpoint -> endpoint.locality().zone().equals("eu-a")))
                .isGreaterThan(0);
    }

    @Test
    void anEvacuatedZoneStartsSlowlyWhereWeightsCount() {
        TestService service =
                TestService.with(settings -> settings.policy(LoadBalancingPolicy.weightedRandom()), "192.0.2.1:80");
        service.source.set(inZones("eu-a", 2, "eu-b", 6));
        service.loadBalancer.evacuateZone("eu-a");
        service.picks(100);
        service.loadBalancer.restoreZone("eu-a");

        assertThat(share(service, zone("eu-a"))).isBetween(0.01, 0.1);
        service.advance(Duration.ofSeconds(15));
        assertThat(share(service, zone("eu-a"))).isBetween(0.1, 0.2);
        service.advance(Duration.ofSeconds(30));
        assertThat(share(service, zone("eu-a"))).isEqualTo(0.25, within(0.03));
    }

    @Test
    void anUnknownZoneIsNamedWithThoseThereAre() {
        TestService service = service(inZones("eu-a", 1, "eu-b", 1), settings -> settings);

        assertThatThrownBy(() -> service.loadBalancer.evacuateZone("eu-x"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("no endpoint of orders.svc is in zone 'eu-x', the zones are eu-a, eu-b");
        assertThatThrownBy(() -> service.loadBalancer.restoreZone("eu-x")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void deadSettingsAreRefused() {
        assertThatThrownBy(() -> service(List.of(), settings -> settings.zoneAffinity(ZoneAffinity.DEFAULT.maxLoad(2))))
                .hasMessage(
                        "zoneAffinity is ZoneAffinity[minEndpoints=6, maxLoad=2.0, clientShare=1.0], which has no effect"
                                + " without a zone: set locality");
        assertThatThrownBy(() -> service(List.of(), settings -> settings.overprovisioning(0.9)))
                .hasMessage("overprovisioning is 0.9, must be 1 to 100");
        assertThatThrownBy(() -> service(List.of(), settings -> settings.regionOrder("eu", "eu")))
                .hasMessage("regionOrder is [eu, eu], must name each region once");
    }
}
