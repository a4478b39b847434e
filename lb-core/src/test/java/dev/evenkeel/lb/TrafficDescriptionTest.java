package dev.evenkeel.lb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.Subset;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.Locality;
import dev.evenkeel.lb.endpoint.MutableEndpointSource;
import dev.evenkeel.lb.locality.MetadataSubsets;
import dev.evenkeel.lb.locality.Split;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** What {@code describe()} says of where traffic goes is where it goes. */
class TrafficDescriptionTest {
    private static final Subset V1 = Subset.of("version", "v1");
    private static final Subset V2 = Subset.of("version", "v2");
    private static final Subset MISSPELT = Subset.of("version", "V2");

    /** Ten endpoints, half of them in the client's zone; the two canaries are in the other one. */
    private static List<Endpoint> fleet() {
        List<Endpoint> endpoints = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            endpoints.add(Endpoint.of("10.0.0." + i + ":80")
                    .withLocality(new Locality("eu", i < 5 ? "a" : "b"))
                    .withMetadata("version", i < 8 ? "v1" : "v2"));
        }
        return endpoints;
    }

    private static TestService service(UnaryOperator<LoadBalancerBuilder> settings) {
        return TestService.over(
                MutableEndpointSource.of(fleet()),
                builder -> settings.apply(builder.subsets(MetadataSubsets.by("version"))
                        .locality(new Locality("eu", "a"))
                        .policy(LoadBalancingPolicy.random())));
    }

    private static boolean isNear(Endpoint endpoint) {
        return endpoint.locality().zone().equals("a");
    }

    private static double share(TestService service, Predicate<Endpoint> such) {
        int found = 0;
        for (int i = 0; i < 4_000; i++) {
            Attempt attempt = service.attempt();
            found += such.test(attempt.endpoint()) ? 1 : 0;
            attempt.complete(Outcome.SUCCESS);
        }
        service.advance(Duration.ofSeconds(12)); // so that this is no longer lately
        return found / 4_000.0;
    }

    @Test
    void theSplitInForceIsDescribedAndCanBeAskedFor() {
        TestService service =
                service(settings -> settings.split(Split.of(V1, 99).and(V2, 1)));
        Split split = Split.of(V1, 95).and(V2, 5);
        service.loadBalancer.setSplit(split);

        assertThat(service.loadBalancer.split()).isEqualTo(split);
        assertThat(service.loadBalancer.describe())
                .contains(
                        "\n  split = {version=v1}: 95.0, {version=v2}: 5.0, at first {version=v1}: 99.0, {version=v2}: 1.0");

        service.loadBalancer.setSplit(Split.NONE);
        assertThat(service.loadBalancer.split()).isEqualTo(Split.NONE);
        assertThat(service.loadBalancer.describe()).contains("\n  split = none, at first ");
    }

    @Test
    void withASplitTheSharesAreThoseOfItsSubsets() {
        TestService service = service(settings -> settings);
        assertThat(service.loadBalancer.describe()).contains("traffic = zone a: 65 %; other zones: 35 %\n");
        assertThat(share(service, TrafficDescriptionTest::isNear)).isEqualTo(0.65, within(0.03));

        service.loadBalancer.setSplit(Split.of(V1, 95).and(V2, 5));

        assertThat(service.loadBalancer.describe())
                .contains("traffic = {version=v1}, zone a: 77 %; {version=v1}, other zones: 18 %; {version=v2}: 5 %\n");
        assertThat(share(service, TrafficDescriptionTest::isNear)).isEqualTo(0.77, within(0.03));
    }

    @Test
    void whatAShareWithoutEndpointsLosesIsSaidToGoWhereItGoes() {
        TestService service =
                service(settings -> settings.split(Split.of(V1, 60).and(MISSPELT, 40)));

        assertThat(service.loadBalancer.describe())
                .contains("traffic = {version=v1}, zone a: 81 %; {version=v1}, other zones: 19 %; {version=V2}: 0 %, "
                        + "no endpoint has it, there are {version=v1}, {version=v2}\n");
        assertThat(share(service, TrafficDescriptionTest::isNear)).isEqualTo(0.81, within(0.03));

        service.loadBalancer.setSplit(Split.of(MISSPELT, 1));
        assertThat(service.loadBalancer.describe())
                .contains("traffic = zone a: 65 %; other zones: 35 %; {version=V2}: 0 %, no endpoint has it");
    }

    @Test
    void aSubsetOfTheSplitThatNoEndpointIsInIsNewsUntilOneIs() {
        TestService service = service(settings -> settings);
        service.loadBalancer.setSplit(Split.of(V1, 95).and(MISSPELT, 5));
        service.loadBalancer.setSplit(Split.of(V1, 90).and(MISSPELT, 10));

        assertThat(service.eventsOf(Event.Type.SPLIT_UNMATCHED))
                .as("said once")
                .singleElement()
                .satisfies(event -> assertThat(event.detail())
                        .isEqualTo("no endpoint has {version=V2}, so its share of the split goes to others; there are "
                                + "{version=v1}, {version=v2}"));
        assertThat(service.eventsOf(Event.Type.SPLIT_MATCHED)).isEmpty();

        service.source.put(Endpoint.of("10.0.0.99:80").withMetadata("version", "V2"));
        assertThat(service.eventsOf(Event.Type.SPLIT_MATCHED))
                .singleElement()
                .satisfies(event -> assertThat(event.detail()).contains("{version=V2}"));
        assertThat(service.loadBalancer.describe()).doesNotContain("no endpoint has");

        service.source.remove("10.0.0.99:80");
        assertThat(service.eventsOf(Event.Type.SPLIT_UNMATCHED)).hasSize(2);
        service.loadBalancer.setSplit(Split.of(V1, 95).and(V2, 5));
        assertThat(service.eventsOf(Event.Type.SPLIT_MATCHED)).hasSize(2);
    }

    @Test
    void aShareOfNothingAndAListThatIsNotThereYetAreNoNews() {
        TestService service = service(settings -> settings);
        service.loadBalancer.setSplit(Split.of(V1, 95).and(MISSPELT, 0));
        assertThat(service.eventsOf(Event.Type.SPLIT_UNMATCHED)).isEmpty();

        TestService silent = TestService.over(
                (listener, environment) -> () -> {},
                settings -> settings.subsets(MetadataSubsets.by("version")).split(Split.of(MISSPELT, 1)));
        assertThat(silent.eventsOf(Event.Type.SPLIT_UNMATCHED)).isEmpty();
    }

    @Test
    void whereTrafficWentLatelyIsSaidBesideWhereItIsToGo() {
        TestService service = service(settings -> settings.policy(LoadBalancingPolicy.roundRobin()));
        for (int i = 0; i < 1_000; i++) { // the client's zone hangs, so another one gets its traffic
            Attempt attempt = service.attempt();
            service.advance(Duration.ofMillis(isNear(attempt.endpoint()) ? 100 : 2));
            attempt.complete(Outcome.SUCCESS);
        }
        long near = service.loadBalancer.endpoints().stream()
                .filter(status -> isNear(status.endpoint()))
                .mapToLong(status -> status.attempts())
                .sum();
        assertThat(near).as("attempts in the own zone").isLessThan(300);

        assertThat(service.loadBalancer.describe())
                .containsPattern(
                        "traffic = zone a: 65 % \\(\\d{1,2} % in the last 10 s\\); other zones: 35 % \\(\\d{2} % in");
        service.advance(Duration.ofSeconds(12));
        assertThat(service.loadBalancer.describe()).contains("traffic = zone a: 65 %; other zones: 35 %\n");
    }
}
