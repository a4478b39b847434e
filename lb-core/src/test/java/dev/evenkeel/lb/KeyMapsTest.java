package dev.evenkeel.lb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.call.Destination;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.call.RequestKey;
import dev.evenkeel.lb.call.Subset;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.Locality;
import dev.evenkeel.lb.endpoint.MutableEndpointSource;
import dev.evenkeel.lb.locality.MetadataSubsets;
import dev.evenkeel.lb.policy.KeyedPolicy;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** When it is worked out where keys go: for a new list, and at no other time. */
class KeyMapsTest {
    private static final KeyedPolicy RING = LoadBalancingPolicy.ringHash();

    private final AtomicInteger maps = new AtomicInteger();
    private final KeyedPolicy counting = endpoints -> {
        maps.incrementAndGet();
        return RING.newKeyMap(endpoints);
    };

    private TestService service(List<Endpoint> endpoints, UnaryOperator<LoadBalancerBuilder> settings) {
        return TestService.over(
                MutableEndpointSource.of(endpoints), builder -> settings.apply(builder.policy(counting)));
    }

    private static List<Endpoint> endpoints(int count, UnaryOperator<Endpoint> also) {
        return IntStream.range(0, count)
                .mapToObj(i ->
                        also.apply(Endpoint.of("10." + (i >> 16) + "." + (i >> 8 & 255) + "." + (i & 255) + ":80")))
                .toList();
    }

    private static List<Endpoint> endpoints(int count) {
        return endpoints(count, endpoint -> endpoint);
    }

    /** Returns endpoints in the priorities 0 and 1, by turns. */
    private static List<Endpoint> inPriorities(int count) {
        AtomicInteger number = new AtomicInteger();
        return endpoints(count, endpoint -> endpoint.withPriority(number.getAndIncrement() % 2));
    }

    /** Returns endpoints in the zones a and b and of the versions v1 and v2, evenly. */
    private static List<Endpoint> inZonesAndVersions(int count) {
        AtomicInteger number = new AtomicInteger();
        return endpoints(count, endpoint -> {
            int i = number.getAndIncrement();
            return endpoint.withLocality(new Locality("eu", i % 2 == 0 ? "a" : "b"))
                    .withMetadata("version", i % 4 < 2 ? "v1" : "v2");
        });
    }

    private static void refuseAll(TestService service, Predicate<Endpoint> such) {
        service.loadBalancer.endpoints().stream()
                .map(status -> status.endpoint())
                .filter(such)
                .forEach(endpoint -> service.refuse(endpoint.id()));
    }

    private static List<Endpoint> homes(TestService service, Destination destination, int keys) {
        return IntStream.range(0, keys)
                .mapToObj(key -> {
                    RequestInfo request =
                            RequestInfo.IDEMPOTENT.withDestination(destination.withKey(RequestKey.of("user-" + key)));
                    Attempt attempt = service.loadBalancer.newCall(request).nextAttempt();
                    attempt.complete(Outcome.SUCCESS);
                    return attempt.endpoint();
                })
                .toList();
    }

    @Test
    void thereIsOnePerListForAllViews() {
        TestService service = service(endpoints(10), settings -> settings);
        service.loadBalancer.openView(() -> {}).setReady(Endpoint.of("10.0.0.1:80"), true);
        service.loadBalancer.drain("10.0.0.3:80");
        service.refuse("10.0.0.4:80");
        assertThat(maps.get()).isEqualTo(1);

        service.source.put(Endpoint.of("10.0.0.5:80").withWeight(2));
        assertThat(maps.get()).isEqualTo(2);
    }

    @Test
    void subsetsHaveTheirOwn() {
        TestService service =
                service(inZonesAndVersions(8), settings -> settings.subsets(MetadataSubsets.by("version")));
        assertThat(maps.get()).isEqualTo(3);

        service.loadBalancer.drain("10.0.0.3:80");
        service.loadBalancer.undrain("10.0.0.3:80");
        assertThat(maps.get()).isEqualTo(3);
    }

    @Test
    void whateverDiscoverySaysAnewMayMatterToAPolicyButForADrain() {
        TestService service = service(endpoints(3), settings -> settings);
        Endpoint endpoint = Endpoint.of("10.0.0.1:80");

        service.source.put(endpoint.withMetadata("hash_key", "a"));
        assertThat(maps.get()).isEqualTo(2);
        service.source.put(endpoint.withMetadata("hash_key", "b"));
        assertThat(maps.get()).isEqualTo(3);
        service.source.put(endpoint.withLocality(new Locality("eu", "a")));
        assertThat(maps.get()).isEqualTo(4);
        service.source.put(endpoint.withLocality(new Locality("eu", "a")).withTerminating(true));
        assertThat(maps.get()).isEqualTo(4);
    }

    @Test
    void theSameListInAnotherOrderIsNoNews() {
        TestService service = service(endpoints(10), settings -> settings);
        List<Endpoint> shuffled = new ArrayList<>(endpoints(10));
        Collections.shuffle(shuffled, new Random(1));

        service.source.set(shuffled);
        service.refuse("10.0.0.4:80");

        assertThat(maps.get()).isEqualTo(1);
    }

    @Test
    void thatOfTheNextPriorityIsThereBeforeItIsNeeded() {
        TestService service = service(inPriorities(8), settings -> settings);
        assertThat(maps.get()).isEqualTo(2);

        refuseAll(service, endpoint -> endpoint.priority() == 0);
        assertThat(homes(service, Destination.ANY, 20)).allMatch(endpoint -> endpoint.priority() == 1);
        refuseAll(service, endpoint -> endpoint.priority() == 1);
        service.attempt().complete(Outcome.SUCCESS); // nobody is left, so all are tried

        assertThat(maps.get()).isEqualTo(2);
    }

    @Test
    void thoseOfZonesAndOfAllAreThereBeforeAZoneIsLostOrThereIsPanic() {
        TestService service = service(inZonesAndVersions(12), settings -> settings.locality(new Locality("eu", "a")));
        assertThat(maps.get()).as("own, others, all").isEqualTo(3);

        refuseAll(service, endpoint -> endpoint.locality().zone().equals("a"));
        assertThat(homes(service, Destination.ANY, 20))
                .allMatch(endpoint -> endpoint.locality().zone().equals("b"));
        refuseAll(service, endpoint -> endpoint.locality().zone().equals("b"));
        service.attempt().complete(Outcome.SUCCESS);

        assertThat(maps.get()).isEqualTo(3);
    }

    @Test
    void zonesThatCannotMatterHaveNone() {
        service(inZonesAndVersions(4), settings -> settings.locality(new Locality("eu", "a")));
        assertThat(maps.get()).as("too few for zones").isEqualTo(1);

        service(inZonesAndVersions(12), settings -> settings.locality(new Locality("eu", "c")));
        assertThat(maps.get()).as("nobody in the client's zone").isEqualTo(2);
    }

    /** Work that grew with the square of the list would take minutes. */
    @Test
    @Timeout(60)
    void aHundredThousandEndpointsInZonesAndSubsets() {
        TestService service = service(
                inZonesAndVersions(100_000),
                settings -> settings.locality(new Locality("eu", "a")).subsets(MetadataSubsets.by("version")));
        Destination v2 = Destination.ANY.withSubset(Subset.of("version", "v2"));
        List<Endpoint> homes = homes(service, v2, 200);
        assertThat(homes).allMatch(endpoint -> endpoint.metadata().containsValue("v2"));
        assertThat(homes.stream().filter(endpoint -> endpoint.locality().zone().equals("a")))
                .as("1.3 times its half")
                .hasSizeBetween(100, 160);
        assertThat(maps.get()).isEqualTo(9);

        service.loadBalancer.drain(homes.get(0).id());
        service.advance(Duration.ofSeconds(1)); // rebuilds of such a list are 0.2 s apart
        List<Endpoint> meanwhile = homes(service, v2, 200);

        assertThat(meanwhile.get(0)).isNotEqualTo(homes.get(0));
        for (int key = 0; key < homes.size(); key++) {
            if (!homes.get(key).equals(homes.get(0))) {
                assertThat(meanwhile.get(key)).isEqualTo(homes.get(key));
            }
        }
        assertThat(maps.get()).isEqualTo(9);
    }
}
