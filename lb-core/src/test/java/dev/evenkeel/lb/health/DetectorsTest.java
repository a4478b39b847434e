package dev.evenkeel.lb.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.evenkeel.lb.endpoint.Endpoint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** Detectors are pure: what they are given decides alone. */
class DetectorsTest {
    private static EndpointStats stats(int index, long successes, long failures) {
        return stats(index, successes, failures, 5);
    }

    private static EndpointStats stats(int index, long successes, long failures, double medianMillis) {
        return new EndpointStats(Endpoint.of("10.0.0." + index, 80), successes, failures, 0, medianMillis * 1e6);
    }

    private static List<EndpointStats> fleet(int size, long successes, long failures) {
        List<EndpointStats> fleet = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            fleet.add(stats(i, successes, failures));
        }
        return fleet;
    }

    private static List<String> named(OutlierDetector detector, List<EndpointStats> fleet) {
        return detector.detect(fleet).stream()
                .map(verdict -> verdict.endpoint().host())
                .toList();
    }

    @Test
    void oneRequestASecondWithOneFailureIsNeverEnoughToJudgeByShare() {
        assertThat(named(FailurePercentage.DEFAULT, List.of(stats(1, 0, 9)))).isEmpty();
        assertThat(named(FailurePercentage.DEFAULT, List.of(stats(1, 9, 1)))).isEmpty();
        assertThat(named(FailurePercentage.DEFAULT, List.of(stats(1, 5, 5)))).containsExactly("10.0.0.1");
        assertThat(named(FailurePercentage.DEFAULT, List.of(stats(1, 6, 5)))).isEmpty();
    }

    @Test
    void anEndpointWithoutTrafficNeitherRaisesNorLowersThePeersMean() {
        List<EndpointStats> fleet = fleet(5, 50, 50);
        fleet.addAll(fleet(20, 0, 0));
        assertThat(named(SuccessRate.DEFAULT, fleet)).isEmpty();
    }

    /** A queue that is full turns away many at once: in an overload somebody's is full first. */
    @Test
    void aBurstOfFailuresIsNoRate() {
        List<EndpointStats> fleet = fleet(9, 100, 0);
        assertThat(named(SuccessRate.DEFAULT, with(fleet, failing(70, 30, 2)))).isEmpty();
        assertThat(named(SuccessRate.DEFAULT, with(fleet, failing(70, 30, 3)))).containsExactly("10.0.0.77");
    }

    private static EndpointStats failing(long successes, long failures, int seconds) {
        return new EndpointStats(
                Endpoint.of("10.0.0.77", 80),
                successes,
                failures,
                0,
                seconds,
                0,
                0,
                false,
                5e6,
                EndpointStats.Peers.UNKNOWN);
    }

    private static List<EndpointStats> with(List<EndpointStats> fleet, EndpointStats one) {
        return Stream.concat(fleet.stream(), Stream.of(one)).toList();
    }

    @Test
    void aFleetOfFewIsNotComparedWithItself() {
        List<EndpointStats> fleet = fleet(3, 100, 0);
        fleet.add(stats(9, 10, 90));
        assertThat(named(SuccessRate.DEFAULT, fleet)).isEmpty();
    }

    @Test
    void whoFailsMuchMoreThanItsPeersIsNamedHoweverBadTheThresholdGets() {
        List<EndpointStats> fleet = fleet(9, 1000, 5);
        fleet.add(stats(77, 0, 1000));
        assertThat(named(SuccessRate.DEFAULT, fleet)).containsExactly("10.0.0.77");
    }

    @Test
    void amongHealthyPeersTheWorstByChanceIsNotNamed() {
        Random random = new Random(11);
        for (int run = 0; run < 300; run++) {
            List<EndpointStats> fleet = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                long failures = random.ints(200, 0, 100).filter(x -> x == 0).count();
                fleet.add(stats(i, 200 - failures, failures));
            }
            assertThat(named(SuccessRate.DEFAULT, fleet)).isEmpty();
        }
    }

    @Test
    void slowIsComparedWithPeersAndWithAFloor() {
        List<EndpointStats> fleet = fleet(4, 100, 0);
        fleet.add(stats(8, 100, 0, 90)); // eighteen times as slow, and fast enough
        assertThat(named(LatencyOutlier.DEFAULT, fleet)).isEmpty();
        fleet.add(stats(9, 100, 0, 150));
        assertThat(LatencyOutlier.DEFAULT.detect(fleet))
                .singleElement()
                .isEqualTo(new Verdict(
                        Endpoint.of("10.0.0.9", 80),
                        Verdict.Sentence.HALVE,
                        "answers take 150 ms, while 5 ms is usual"));
    }

    @Test
    void withTwoEndpointsNobodyKnowsWhichOfThemIsSlow() {
        assertThat(named(LatencyOutlier.DEFAULT, List.of(stats(1, 100, 0, 5), stats(2, 100, 0, 900))))
                .isEmpty();
    }

    @Property(tries = 300)
    void noDetectorNamesAnEndpointThatNeverFailedAndIsAsFastAsTheOthers(
            @ForAll @Size(min = 1, max = 30) List<@IntRange(min = 0, max = 100) Integer> failures) {
        List<EndpointStats> fleet = new ArrayList<>();
        for (int i = 0; i < failures.size(); i++) {
            fleet.add(stats(i, 100, failures.get(i)));
        }
        fleet.add(stats(99, 200, 0));
        for (OutlierDetector detector : OutlierDetection.DEFAULT.detectors()) {
            assertThat(named(detector, fleet)).doesNotContain("10.0.0.99");
        }
    }

    /** Others were off by one in both directions: envoy#26877, grpc-java#9489. */
    @Test
    void theCapIsRoundedDownButAtLeastOneAndSparesTheLast() {
        EjectionTime ejection = EjectionTime.DEFAULT;
        int[] allowed = {0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 3, 3};
        for (int n = 0; n < allowed.length; n++) {
            assertThat(Math.max(0, ejection.allowed(n))).as("%d endpoints", n).isEqualTo(allowed[n]);
        }
        EjectionTime all = new EjectionTime(Duration.ofSeconds(1), Duration.ofSeconds(1), Duration.ZERO, 1);
        assertThat(all.allowed(10)).isEqualTo(9);
        EjectionTime none = new EjectionTime(Duration.ofSeconds(1), Duration.ofSeconds(1), Duration.ZERO, 0);
        assertThat(none.allowed(10)).isZero();
    }

    @Test
    void ejectionsGrowToTheirLongestWithJitter() {
        Random random = new Random(1);
        for (int i = 0; i < 1000; i++) {
            assertThat(EjectionTime.DEFAULT.nanos(2, random) / 1e9).isBetween(57.0, 63.0);
            assertThat(EjectionTime.DEFAULT.nanos(1_000_000, random) / 1e9).isBetween(297.0, 303.0);
        }
    }

    @Test
    void aSlowStartIsNeverBelowItsFloorAndAlwaysEnds() {
        SlowStart byTime = SlowStart.DEFAULT;
        assertThat(byTime.share(0, 0)).isEqualTo(0.1);
        assertThat(byTime.share(15_000_000_000L, 0)).isEqualTo(0.5);
        assertThat(byTime.share(30_000_000_000L, 0)).isEqualTo(1);
        SlowStart alsoByRequests = new SlowStart(Duration.ofSeconds(30), 0.1, 1, 50);
        assertThat(alsoByRequests.share(30_000_000_000L, 25)).isEqualTo(0.5);
        assertThat(alsoByRequests.share(30_000_000_000L, 50)).isEqualTo(1);
        assertThat(alsoByRequests.share(90_000_000_000L, 0)).isEqualTo(1);
        assertThat(SlowStart.OFF.share(0, 0)).isEqualTo(1);
        assertThat(new SlowStart(Duration.ofSeconds(10), 0.1, 2, 0).share(2_500_000_000L, 0))
                .isEqualTo(0.5);
    }

    @Test
    void badSettingsAreRefusedByNameAndValue() {
        assertThatThrownBy(() -> new ConsecutiveFailures(1, DetectorMode.ENFORCE))
                .hasMessage("consecutiveFailures.failures is 1, must be 2 to 1000");
        assertThatThrownBy(() -> new FailurePercentage(0, 10, DetectorMode.ENFORCE))
                .hasMessage("failurePercentage.share is 0.0, must be more than 0 and at most 1");
        assertThatThrownBy(() -> new FailurePercentage(Double.NaN, 10, DetectorMode.ENFORCE))
                .hasMessageContaining("NaN");
        assertThatThrownBy(() -> new SuccessRate(-1, 5, 100, DetectorMode.ENFORCE))
                .hasMessageContaining("successRate.deviations is -1.0");
        assertThatThrownBy(() -> new SuccessRate(1, 2, 100, DetectorMode.ENFORCE))
                .hasMessage("successRate.minEndpoints is 2, must be at least 3");
        assertThatThrownBy(() -> new LatencyOutlier(1, Duration.ZERO, 10, Verdict.Sentence.EJECT, DetectorMode.ENFORCE))
                .hasMessageContaining("latencyOutlier.factor is 1.0");
        assertThatThrownBy(() -> new EjectionTime(Duration.ZERO, Duration.ZERO, Duration.ZERO, 0.3))
                .hasMessage("ejection.base is PT0S, must be positive");
        assertThatThrownBy(() -> new EjectionTime(Duration.ofSeconds(2), Duration.ofSeconds(1), Duration.ZERO, 0.3))
                .hasMessageContaining("ejection.max is PT1S, must be at least ejection.base");
        assertThatThrownBy(() ->
                        new EjectionTime(Duration.ofSeconds(1), Duration.ofSeconds(1), Duration.ofSeconds(1), 0.3))
                .hasMessageContaining("ejection.jitter is PT1S");
        assertThatThrownBy(() -> new SlowStart(Duration.ZERO, 0, 1, 0))
                .hasMessage("slowStart.floor is 0.0, must be more than 0 and at most 1");
    }
}
