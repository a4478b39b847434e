package dev.evenkeel.lb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.endpoint.MutableEndpointSource;
import dev.evenkeel.lb.health.CheckResult;
import dev.evenkeel.lb.health.CheckSchedule;
import dev.evenkeel.lb.locality.Subsetting;
import dev.evenkeel.lb.time.VirtualTime;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** How checks are spread over time, for lists of any size. */
class CheckPaceTest {
    private static final int MAX_IN_FLIGHT = 32;
    private static final long INTERVAL_NANOS = CheckSchedule.DEFAULT.interval().toNanos();

    /** A load balancer in a time of its own: jqwik tries many in one instance of the test. */
    private static final class World {
        private final VirtualTime time = new VirtualTime();
        private final ScriptedCheck check = new ScriptedCheck();

        LoadBalancer loadBalancer(List<String> ids, long seed) {
            check.clock(time::elapsed);
            return LoadBalancer.builder("orders.svc")
                    .endpoints(MutableEndpointSource.of(ids.toArray(String[]::new)))
                    .environment(time.environment(new Random(seed)))
                    .subsetting(Subsetting.OFF)
                    .healthCheck(check)
                    .build();
        }
    }

    private static List<String> ids(int n) {
        return IntStream.range(0, n)
                .mapToObj(i -> "10.0." + i / 250 + "." + i % 250 + ":80")
                .toList();
    }

    @Property(tries = 25)
    void eachEndpointIsCheckedOnceAnIntervalAtEvenDistances(
            @ForAll @IntRange(min = 1, max = 2000) int n, @ForAll long seed) {
        World world = new World();
        try (LoadBalancer loadBalancer = world.loadBalancer(ids(n), seed)) {
            world.time.advance(Duration.ofSeconds(40));

            assertThat(loadBalancer.endpoints()).hasSize(n);
        }
        int batch = CheckSchedule.DEFAULT.batch(n);
        long gap = INTERVAL_NANOS / n * batch;
        Map<String, Duration> last = new HashMap<>();
        for (int i = 0; i < world.check.asked.size(); i++) {
            ScriptedCheck.Asked asked = world.check.asked.get(i);
            if (i >= batch) {
                Duration before = world.check.asked.get(i - batch).at();
                assertThat(asked.at().minus(before).toNanos())
                        .as("distance of batches")
                        .isGreaterThanOrEqualTo((long) (0.79 * gap));
            }
            Duration previous = last.put(asked.id(), asked.at());
            if (previous != null) {
                assertThat(asked.at().minus(previous).toNanos())
                        .as("interval of one endpoint")
                        .isBetween((long) (0.79 * INTERVAL_NANOS - gap), (long) (1.21 * INTERVAL_NANOS + 2 * gap));
            }
        }
        assertThat(last).hasSize(n);
        assertThat(world.check.asked.get(0).at()).as("the first check").isLessThan(Duration.ofSeconds(13));
    }

    @Property(tries = 15)
    void neverMoreThanThirtyTwoAreInFlightHoweverLongTheyTake(
            @ForAll @IntRange(min = 1, max = 2000) int n, @ForAll long seed) {
        World world = new World();
        Random random = new Random(seed);
        int[] inFlight = {0};
        int[] most = {0};
        ids(n).forEach(id -> world.check.behave(id, () -> {
            CompletableFuture<CheckResult> answer = new CompletableFuture<>();
            most[0] = Math.max(most[0], ++inFlight[0]);
            var unused = answer.whenComplete((result, thrown) -> inFlight[0]--);
            if (random.nextBoolean()) { // the others hang
                world.time.schedule(random.nextInt(1_500_000_000), () -> answer.complete(CheckResult.PASSED));
            }
            return answer;
        }));
        try (LoadBalancer loadBalancer = world.loadBalancer(ids(n), seed)) {
            world.time.advance(Duration.ofSeconds(100));

            assertThat(loadBalancer.endpoints()).hasSize(n);
            assertThat(most[0]).isBetween(1, MAX_IN_FLIGHT);
            assertThat(world.check.asked.stream().map(ScriptedCheck.Asked::id).distinct())
                    .as("all have their turn")
                    .hasSize(n);
        }
    }

    @Property(tries = 20)
    void theSameSeedChecksAtTheSameMoments(@ForAll @IntRange(min = 1, max = 300) int n, @ForAll long seed) {
        World world = new World();
        World other = new World();
        try (LoadBalancer one = world.loadBalancer(ids(n), seed);
                LoadBalancer two = other.loadBalancer(ids(n), seed)) {
            world.time.advance(Duration.ofSeconds(30));
            other.time.advance(Duration.ofSeconds(30));

            assertThat(one.endpoints()).isEqualTo(two.endpoints());
        }
        assertThat(world.check.asked).isEqualTo(other.check.asked);
    }
}
