package dev.evenkeel.lb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.health.DetectorMode;
import dev.evenkeel.lb.health.OutlierDetection;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.policy.LoadMetric;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * An endpoint that ends every attempt at once and without a good answer, in whatever way, looks idle and quick: it must never gain by that. And where
 * all do so, none of them is worse than the next.
 */
class UselessAnswersTest {
    private static final String BAD = "10.0.0.3:80";
    private static final String[] ALL = {"10.0.0.0:80", "10.0.0.1:80", "10.0.0.2:80", BAD};
    private static final Set<String> ONE = Set.of(BAD);
    private static final Set<String> EVERYONE = Set.of(ALL);
    private static final Duration USELESS = Duration.ofMillis(1);
    private static final double FAIR = 0.28; // a quarter, and chance

    /** How calls come. */
    enum Traffic {
        ONE_AT_A_TIME(0, 20),
        MANY(1_250, 100);

        private final long gapMicros;
        private final long answerMillis;

        Traffic(long gapMicros, long answerMillis) {
            this.gapMicros = gapMicros;
            this.answerMillis = answerMillis;
        }
    }

    /** One kind, or several in a random order. */
    record Ends(List<Outcome.Kind> kinds) {
        Outcome next(Random random) {
            Outcome.Kind kind = kinds.get(random.nextInt(kinds.size()));
            return Outcome.of(kind, "useless");
        }

        /** What is about connecting takes endpoints out by rules of its own. */
        boolean isAboutConnecting() {
            return kinds.contains(Outcome.Kind.CONNECT_FAILED) || kinds.contains(Outcome.Kind.UNTRUSTED);
        }

        @Override
        public String toString() {
            return kinds.toString();
        }
    }

    private static List<LoadBalancingPolicy> policies() {
        return List.of(
                LoadBalancingPolicy.leastLoaded(LoadMetric.PEAK_EWMA),
                LoadBalancingPolicy.leastLoaded(LoadMetric.PEAK_EWMA).draws(3),
                LoadBalancingPolicy.leastLoaded(LoadMetric.PEAK_EWMA).all(),
                LoadBalancingPolicy.leastLoaded(LoadMetric.IN_FLIGHT),
                LoadBalancingPolicy.leastLoaded(LoadMetric.IN_FLIGHT).all());
    }

    private static List<Ends> ends() {
        List<Outcome.Kind> kinds = Arrays.stream(Outcome.Kind.values())
                .filter(kind -> kind != Outcome.Kind.SUCCESS)
                .toList();
        Random random = new Random(7);
        Stream<Ends> alone = kinds.stream().map(kind -> new Ends(List.of(kind)));
        Stream<Ends> mixed = Stream.generate(() -> new Ends(random.ints(3, 0, kinds.size())
                        .distinct()
                        .mapToObj(kinds::get)
                        .toList()))
                .limit(8);
        return Stream.concat(alone, mixed).toList();
    }

    static Stream<Arguments> cases() {
        return ends().stream()
                .flatMap(ends -> policies().stream()
                        .flatMap(policy -> Arrays.stream(Traffic.values())
                                .flatMap(traffic -> Stream.of(DetectorMode.OFF, DetectorMode.ENFORCE)
                                        .map(mode -> Arguments.of(ends, policy, traffic, mode)))));
    }

    static Stream<Arguments> weighted() {
        return cases().filter(one -> one.get()[1].equals(policies().get(0)));
    }

    static Stream<Arguments> notAboutConnecting() {
        return cases().filter(one -> !((Ends) one.get()[0]).isAboutConnecting() && !isTriedAlone(one.get()));
    }

    /**
     * With one call at a time, all of them go to whoever seems best: some fail there before any fails elsewhere. Timeouts that came too soon are
     * no reason to go elsewhere, but count towards the share of failures, and so may eject it.
     */
    private static boolean isTriedAlone(Object[] one) {
        List<Outcome.Kind> kinds = ((Ends) one[0]).kinds();
        return one[1].equals(
                        LoadBalancingPolicy.leastLoaded(LoadMetric.PEAK_EWMA).all())
                && one[2] == Traffic.ONE_AT_A_TIME
                && one[3] == DetectorMode.ENFORCE
                && kinds.size() > 1
                && kinds.contains(Outcome.Kind.TIMED_OUT);
    }

    private static TestService service(LoadBalancingPolicy policy, DetectorMode mode) {
        return TestService.with(
                settings -> settings.policy(policy).outliers(OutlierDetection.DEFAULT.withMode(mode)), ALL);
    }

    /** Returns how many of the calls of so many seconds go where. */
    private static Map<String, Integer> run(
            TestService service, Traffic traffic, int seconds, Set<String> useless, Ends ends) {
        Random random = new Random(3);
        Map<String, Integer> counts = new HashMap<>();
        Duration until = service.time.elapsed().plusSeconds(seconds);
        while (service.time.elapsed().compareTo(until) < 0) {
            Attempt attempt = service.attempt();
            String id = attempt.endpoint().id();
            counts.merge(id, 1, Integer::sum);
            boolean bad = useless.contains(id);
            Duration takes = bad ? USELESS : Duration.ofMillis(traffic.answerMillis);
            Outcome outcome = bad ? ends.next(random) : Outcome.SUCCESS;
            if (traffic.gapMicros == 0) {
                service.advance(takes);
                attempt.complete(outcome);
            } else {
                service.time.schedule(takes.toNanos(), () -> attempt.complete(outcome));
                service.advance(Duration.ofNanos(traffic.gapMicros * 1000));
            }
        }
        return counts;
    }

    private static double share(Map<String, Integer> counts, String id) {
        return (double) counts.getOrDefault(id, 0)
                / counts.values().stream().mapToInt(Integer::intValue).sum();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void whoAnswersNobodyWellGainsNothing(Ends ends, LoadBalancingPolicy policy, Traffic traffic, DetectorMode mode) {
        TestService service = service(policy, mode);
        run(service, traffic, 10, Set.of(), ends);
        run(service, traffic, 2, ONE, ends);

        assertThat(share(run(service, traffic, 20, ONE, ends), BAD)).isLessThan(FAIR);
    }

    /** Nothing good was ever heard of it. */
    @ParameterizedTest
    @MethodSource("cases")
    void whoHasNeverAnsweredAnybodyWellGainsNothing(
            Ends ends, LoadBalancingPolicy policy, Traffic traffic, DetectorMode mode) {
        TestService service = service(policy, mode);
        run(service, traffic, 2, ONE, ends);

        assertThat(share(run(service, traffic, 20, ONE, ends), BAD)).isLessThan(FAIR);
    }

    @ParameterizedTest
    @MethodSource("weighted")
    void whoAnswersNobodyWellGainsNothingByItsWeight(
            Ends ends, LoadBalancingPolicy policy, Traffic traffic, DetectorMode mode) {
        TestService service = service(policy, mode);
        service.source.set(List.of(
                Endpoint.of(ALL[0]),
                Endpoint.of(ALL[1]).withWeight(3),
                Endpoint.of(ALL[2]).withWeight(3),
                Endpoint.of(BAD).withWeight(3)));
        run(service, traffic, 40, Set.of(), ends);
        run(service, traffic, 2, ONE, ends);

        assertThat(share(run(service, traffic, 20, ONE, ends), BAD)).isLessThan(0.33); // three tenths, and chance
    }

    @ParameterizedTest
    @MethodSource("notAboutConnecting")
    void whereAllAnswerNobodyWellSharesAreEvenAndNobodyIsBlamed(
            Ends ends, LoadBalancingPolicy policy, Traffic traffic, DetectorMode mode) {
        TestService service = service(policy, mode);
        run(service, traffic, 10, Set.of(), ends);
        run(service, traffic, 2, EVERYONE, ends);

        Map<String, Integer> counts = run(service, traffic, 20, EVERYONE, ends);

        assertThat(ALL).allSatisfy(id -> assertThat(share(counts, id)).isBetween(0.15, 0.35));
        assertThat(service.eventTypes()).doesNotContain(Event.Type.AVOIDED, Event.Type.UNAVAILABLE);
    }
}
