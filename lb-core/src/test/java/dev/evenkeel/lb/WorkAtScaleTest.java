package dev.evenkeel.lb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.OutReason;
import dev.evenkeel.lb.health.ConnectBackoff;
import dev.evenkeel.lb.health.EndpointStats;
import dev.evenkeel.lb.health.FailurePercentage;
import dev.evenkeel.lb.health.OutlierDetection;
import dev.evenkeel.lb.health.SlowStart;
import dev.evenkeel.lb.health.SuccessRate;
import dev.evenkeel.lb.locality.Subsetting;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.policy.Node;
import dev.evenkeel.lb.policy.PickContext;
import dev.evenkeel.lb.retry.RetryBudget;
import dev.evenkeel.lb.retry.RetryPolicy;
import dev.evenkeel.lb.time.Environment;
import dev.evenkeel.lb.time.VirtualTime;
import java.time.Duration;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What is done for one endpoint of many does not look at all the others. */
class WorkAtScaleTest {
    private static final int ENDPOINTS = 2_000;
    private static final int FAILING = 800;

    private static Settings settings() {
        return new Settings(
                LoadBalancingPolicy.roundRobin(),
                RetryPolicy.DEFAULT,
                RetryBudget.Settings.DEFAULT,
                HedgeSettings.NONE,
                ConnectBackoff.DEFAULT,
                OutlierDetection.DEFAULT,
                SlowStart.DEFAULT,
                ActiveChecks.OFF,
                Limits.NONE,
                Places.DEFAULT.with(Subsetting.OFF),
                0.5,
                Duration.ofSeconds(30),
                Duration.ZERO,
                Duration.ofMinutes(10),
                null);
    }

    private static List<Endpoint> endpoints(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> Endpoint.of("10.0." + i / 250 + "." + i % 250, 80))
                .toList();
    }

    /** A list that knows how often its elements were looked at. */
    private static final class Counted extends AbstractList<EndpointStats> {
        private final List<EndpointStats> all;
        private long looks;

        Counted(List<EndpointStats> all) {
            this.all = all;
        }

        @Override
        public EndpointStats get(int index) {
            looks++;
            return all.get(index);
        }

        @Override
        public int size() {
            return all.size();
        }
    }

    @Test
    void detectorsLookAtTheListAFewTimesHoweverManyFail() {
        List<EndpointStats> all = new ArrayList<>();
        for (Endpoint endpoint : endpoints(ENDPOINTS)) {
            all.add(new EndpointStats(
                    endpoint, all.size() < FAILING ? 10 : 200, all.size() < FAILING ? 190 : 0, 1, 5e6));
        }
        Counted counted = new Counted(all);

        assertThat(FailurePercentage.DEFAULT.detect(counted)).hasSize(FAILING);
        assertThat(new SuccessRate(0.5, 5, 100, SuccessRate.DEFAULT.mode()).detect(counted))
                .hasSize(FAILING);

        assertThat(counted.looks).isLessThan(10L * ENDPOINTS);
    }

    /** What is known of an endpoint includes what is usual elsewhere, which asks how many answers there were. */
    @Test
    void aSweepLooksAtEachEndpointAFewTimesHoweverManyFail() {
        VirtualTime time = new VirtualTime();
        Environment environment = time.environment(new SplittableRandom(1));
        AtomicLong looks = new AtomicLong();
        Usual usual = new Usual(
                () -> {
                    looks.incrementAndGet();
                    return 40L * ENDPOINTS;
                },
                time.nanos());
        Cluster cluster = new Cluster(settings(), environment, new Announcer("orders.svc", environment), usual);
        Ejector ejector = new Ejector(cluster, Usual.unknown(), settings(), environment);
        new OutlierSweep(cluster, ejector, null, usual, settings(), time).start();
        cluster.update((members, now) -> {
            members.accept(members.reconcile(endpoints(ENDPOINTS)));
            int failing = 0;
            for (TrackedNode node : members.nodes()) {
                boolean fails = failing++ < FAILING;
                for (int i = 0; i < 60; i++) {
                    node.ledger().start(now);
                    node.ledger().answered(now);
                    if (fails && i % 5 != 0) {
                        node.ledger().fail(1_000_000, now);
                    } else {
                        node.ledger().succeed(1_000_000, now);
                    }
                    node.ledger().finish();
                }
            }
            return true;
        });
        looks.set(0);

        time.advance(Duration.ofSeconds(1));

        assertThat(cluster.<Long>read((members, now) -> members.nodes().stream()
                        .filter(node -> node.isOut(OutReason.EJECTED))
                        .count()))
                .as("the cap")
                .isEqualTo((long) (0.3 * ENDPOINTS));
        assertThat(looks.get()).isLessThan(20L * ENDPOINTS);
    }

    @Test
    void anEndpointThatIsBackHasItsWeightWorkedOutAtOnceAndTheOthersWithTheNextPublication() {
        Members members = new Members(settings(), () -> 0, Usual.unknown(), node -> {});
        members.accept(members.reconcile(endpoints(10)));
        members.refreshWeights(0);
        List<TrackedNode> back = List.copyOf(members.nodes()).subList(0, 5);

        back.forEach(node -> members.startOver(node, 0));
        assertThat(back).allMatch(node -> node.weight() < 0.2);

        assertThat(members.refreshWeights(0)).isTrue();
        assertThat(back)
                .as("a quarter of the capacity is held back")
                .allMatch(node -> Math.abs(node.weight() - 0.5) < 1e-9);
        assertThat(members.nodes()).filteredOn(node -> !back.contains(node)).allMatch(node -> node.weight() == 1);
    }

    @Test
    void aWeightThatDiscoveryChangesIsTheEndpointsWeight() {
        TestService service = TestService.of("10.0.0.1:80", "10.0.0.2:80");
        service.source.put(Endpoint.of("10.0.0.1:80").withWeight(9));

        assertThat(service.status("10.0.0.1:80").fairShare()).isEqualTo(0.9);
        assertThat(service.picks(1_000).stream().filter("10.0.0.1:80"::equals).count())
                .isBetween(850L, 950L);
    }

    @Test
    void whereAllOfManyAskToBeLeftAloneARequestDoesNotAskEachOfThem() {
        List<TrackedNode> nodes = endpoints(ENDPOINTS).stream()
                .map(endpoint -> new TrackedNode(endpoint, Usual.unknown(), null, null))
                .toList();
        nodes.forEach(node -> {
            node.cuts.pushBack(1);
            node.refreshWeight(1, 0);
        });
        Candidates candidates =
                Candidates.of(Layout.of(nodes), node -> true, settings().candidateRules());
        Snapshot snapshot =
                new Snapshot(Layout.of(nodes), candidates, (call, now) -> nodes.get(0), null, new SplittableRandom(1));
        int[] asked = {0};
        PickContext call = new PickContext() {
            @Override
            public RequestInfo request() {
                return RequestInfo.IDEMPOTENT;
            }

            @Override
            public boolean hasTried(Node node) {
                asked[0]++;
                return false;
            }

            @Override
            public boolean isFirstPick() {
                return true;
            }
        };

        assertThat(snapshot.hasUntried(call, false)).isFalse();
        assertThat(snapshot.hasUntried(call, true)).isTrue();
        assertThat(snapshot.hasOneNotPushedBack()).isFalse();
        assertThat(asked[0]).isLessThan(200);
    }
}
