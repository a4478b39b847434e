package dev.evenkeel.lb;

import static dev.evenkeel.lb.TestService.HTTP_503;
import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.OutReason;
import dev.evenkeel.lb.health.ConsecutiveFailures;
import dev.evenkeel.lb.health.DetectorMode;
import dev.evenkeel.lb.health.EjectionTime;
import dev.evenkeel.lb.health.FailurePercentage;
import dev.evenkeel.lb.health.OutlierDetection;
import dev.evenkeel.lb.health.SlowStart;
import dev.evenkeel.lb.observe.EndpointStatus;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class OutlierSweepTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    /** Longer than the first ejection of 30 s with its jitter. */
    private static final Duration EJECTION = Duration.ofMillis(33_001);

    private static String[] addresses(int count) {
        return IntStream.range(0, count).mapToObj(i -> "10.0.0." + i + ":80").toArray(String[]::new);
    }

    private static String id(int index) {
        return "10.0.0." + index + ":80";
    }

    private static TestService service(int endpoints) {
        return service(endpoints, OutlierDetection.DEFAULT);
    }

    /** Random picks, so that only ejection decides who gets traffic. */
    private static TestService service(int endpoints, OutlierDetection outliers) {
        return TestService.with(
                settings -> settings.policy(LoadBalancingPolicy.random()).outliers(outliers), addresses(endpoints));
    }

    /** Sends so many requests a second for so long; those to failing endpoints fail. */
    private static void traffic(TestService service, int seconds, int rate, Predicate<String> fails) {
        for (int i = 0; i < seconds * rate; i++) {
            Attempt attempt = service.attempt();
            service.advance(SECOND.dividedBy(rate));
            attempt.complete(fails.test(attempt.endpoint().id()) ? HTTP_503 : Outcome.SUCCESS);
        }
    }

    private static long ejected(TestService service) {
        return service.loadBalancer.endpoints().stream()
                .filter(status -> status.availability().has(OutReason.EJECTED))
                .count();
    }

    @Test
    void fiveFailuresInARowEjectAtOnce() {
        TestService service = service(10);
        for (int i = 0; i < 4; i++) {
            service.attemptAt(id(3)).complete(HTTP_503);
        }
        assertThat(ejected(service)).isZero();

        service.attemptAt(id(3)).complete(HTTP_503);

        assertThat(service.status(id(3)).availability().has(OutReason.EJECTED)).isTrue();
        assertThat(service.status(id(3)).detail()).startsWith("5 failures in a row, back in ");
        assertThat(service.picks(500)).doesNotContain(id(3));
    }

    @Test
    void withTheDetectorOffNobodyIsEjected() {
        TestService service = service(10, OutlierDetection.DEFAULT.withMode(DetectorMode.OFF));
        traffic(service, 20, 100, id(3)::equals);

        assertThat(ejected(service)).isZero();
        assertThat(service.picks(500)).contains(id(3));
    }

    /** After ten quiet seconds a sweep has nothing to do at an endpoint, and passes over it until something happens there. */
    @Test
    void anEndpointThatWasQuietForLongIsJudgedLikeAnyOther() {
        TestService service = service(4);
        service.attemptAt(id(1)).complete(HTTP_503);
        service.attemptAt(id(1)).complete(Outcome.SUCCESS);
        service.advance(Duration.ofMinutes(5));
        for (int i = 0; i < 10; i++) {
            service.attemptAt(id(1)).complete(i % 2 == 0 ? HTTP_503 : Outcome.SUCCESS);
        }
        service.advance(SECOND);
        assertThat(service.status(id(1)).detail()).startsWith("5 of 10 attempts failed, back in ");

        service.advance(Duration.ofMinutes(5));
        assertThat(ejected(service)).isZero();
        service.attemptAt(id(1)).complete(HTTP_503);
        service.advance(SECOND);
        assertThat(ejected(service)).isZero();
    }

    @Test
    void aSuccessInBetweenEndsTheRow() {
        TestService service = service(10);
        for (int i = 0; i < 20; i++) {
            service.attemptAt(id(3)).complete(i % 5 == 4 ? Outcome.SUCCESS : HTTP_503);
            service.advance(Duration.ofSeconds(11)); // so that the window holds too few to judge by their share
        }
        assertThat(ejected(service)).isZero();
    }

    @Test
    void answersThatBeginWellAndBreakOffAreFailuresInARow() {
        TestService service = service(10);
        for (int i = 0; i < 4; i++) {
            beginAndBreakOff(service);
        }
        assertThat(ejected(service)).isZero();

        beginAndBreakOff(service);

        assertThat(service.status(id(3)).detail()).startsWith("5 failures in a row, back in ");
    }

    private static void beginAndBreakOff(TestService service) {
        Attempt attempt = service.attemptAt(id(3));
        attempt.answered(Outcome.SUCCESS);
        attempt.complete(Outcome.of(Outcome.Kind.BODY_BROKEN, "reset"));
    }

    @Test
    void answersThatBreakOffAndFailuresMakeOneRow() {
        TestService service = service(10);
        service.attemptAt(id(3)).complete(HTTP_503);
        beginAndBreakOff(service);
        service.attemptAt(id(3)).complete(HTTP_503);
        beginAndBreakOff(service);
        assertThat(ejected(service)).isZero();
        service.attemptAt(id(3)).complete(HTTP_503);

        assertThat(ejected(service)).isOne();
    }

    @Test
    void anAnswerThatIsReadToItsEndEndsTheRowAndSoDoesAStreamThatGoesOn() {
        TestService service = service(10);
        for (int i = 0; i < 20; i++) {
            beginAndBreakOff(service);
            Attempt well = service.attemptAt(id(3));
            well.answered(Outcome.SUCCESS);
            if (i % 2 == 0) {
                well.complete(Outcome.SUCCESS);
            }
            service.advance(Duration.ofSeconds(11)); // so that the window holds too few to judge by their share
        }
        assertThat(ejected(service)).isZero();
    }

    @Test
    void anAnswerThatBreaksOffAfterAnEjectionBringsNoOldRowBack() {
        TestService service = service(10);
        IntStream.range(0, 4).forEach(i -> service.attemptAt(id(3)).complete(HTTP_503));
        Attempt old = service.attemptAt(id(3));
        old.answered(Outcome.SUCCESS);
        IntStream.range(0, 5).forEach(i -> service.attemptAt(id(3)).complete(HTTP_503));
        assertThat(ejected(service)).isOne();
        service.advance(EJECTION);

        old.complete(Outcome.of(Outcome.Kind.BODY_BROKEN, "reset"));

        assertThat(ejected(service)).isZero();
    }

    @Test
    void anAttemptFailsOnceEvenIfItsFailureBreaksOff() {
        TestService service = service(10);
        for (int i = 0; i < 3; i++) {
            Attempt attempt = service.attemptAt(id(3));
            attempt.answered(HTTP_503);
            attempt.complete(Outcome.of(Outcome.Kind.BODY_BROKEN, "reset"));
        }
        assertThat(service.status(id(3)).failures()).isEqualTo(3);
        assertThat(ejected(service)).isZero();
    }

    @Test
    void halfOfTenAttemptsFailingEjectsEvenIfSomeSucceedInBetween() {
        TestService service = service(4);
        for (int i = 0; i < 10; i++) {
            service.attemptAt(id(1)).complete(i % 2 == 0 ? HTTP_503 : Outcome.SUCCESS);
        }
        service.advance(SECOND);

        assertThat(service.status(id(1)).detail()).startsWith("5 of 10 attempts failed, back in ");
    }

    @Test
    void anEjectionEndsAfterItsTimeAndTheNextIsTwiceAsLong() {
        TestService service = service(10);
        IntStream.range(0, 5).forEach(i -> service.attemptAt(id(3)).complete(HTTP_503));
        service.advance(Duration.ofMillis(26_900));
        assertThat(ejected(service)).isOne();
        service.advance(EJECTION.minusMillis(26_900));
        assertThat(ejected(service)).isZero();

        IntStream.range(0, 5).forEach(i -> service.attemptAt(id(3)).complete(HTTP_503));
        service.advance(Duration.ofMillis(56_900));
        assertThat(ejected(service)).isOne();
        service.advance(Duration.ofMillis(6_200));
        assertThat(ejected(service)).isZero();
    }

    @Test
    void oldEjectionsAreForgottenAlsoWithoutTraffic() {
        TestService service = service(10);
        IntStream.range(0, 5).forEach(i -> service.attemptAt(id(3)).complete(HTTP_503));
        service.advance(EJECTION);
        service.advance(Duration.ofSeconds(31));

        IntStream.range(0, 5).forEach(i -> service.attemptAt(id(3)).complete(HTTP_503));
        service.advance(EJECTION);

        assertThat(ejected(service)).as("as short as the first").isZero();
    }

    @Test
    void whatItDidBeforeItsEjectionIsNotHeldAgainstItAgain() {
        TestService service = service(10);
        IntStream.range(0, 12).forEach(i -> {
            if (!service.status(id(3)).availability().has(OutReason.EJECTED)) {
                service.attemptAt(id(3)).complete(HTTP_503);
            }
        });
        service.advance(EJECTION);
        service.attemptAt(id(3)).complete(HTTP_503);
        service.advance(Duration.ofSeconds(3));

        assertThat(ejected(service)).isZero();
    }

    @Test
    void atMostThirtyPercentAreOutOnSuspicionUnderAllDetectorsTogether() {
        TestService service = service(10);
        Set<String> bad = Set.of(id(0), id(1), id(2), id(3));
        traffic(service, 20, 100, bad::contains);

        assertThat(ejected(service)).isEqualTo(3);
        assertThat(service.eventsOf(Event.Type.SUSPECTED))
                .anySatisfy(event -> assertThat(event.detail()).endsWith("not ejected, as many are out as may be"));
    }

    @Test
    void theOnlyEndpointIsNeverEjectedAndOfTwoOnlyOne() {
        TestService one = service(1);
        traffic(one, 20, 50, any -> true);
        assertThat(ejected(one)).isZero();

        TestService two = service(2);
        traffic(two, 20, 50, id(0)::equals);
        assertThat(ejected(two)).isOne();
    }

    @Test
    void whenMostEndpointsFailTogetherNobodyIsEjected() {
        TestService service = service(10);
        traffic(service, 20, 100, any -> false);
        traffic(service, 20, 1000, any -> true);

        assertThat(ejected(service)).isZero();
        assertThat(service.eventsOf(Event.Type.SUSPECTED))
                .anySatisfy(
                        event -> assertThat(event.detail()).endsWith("not ejected, as most endpoints fail together"));
    }

    @Test
    void onePercentOfRandomErrorsEjectsNobodyInTenMinutes() {
        TestService service = service(20);
        Random random = new Random(3);
        traffic(service, 600, 20, any -> random.nextInt(100) == 0);

        assertThat(ejected(service)).isZero();
        assertThat(service.eventsOf(Event.Type.UNAVAILABLE)).isEmpty();
    }

    @Test
    void anEndpointThatSucceedsClearlyLessOftenThanItsPeersIsEjected() {
        OutlierDetection onlyPeers = OutlierDetection.DEFAULT
                .with(new ConsecutiveFailures(1000, DetectorMode.OFF))
                .with(new FailurePercentage(1, 10_000, DetectorMode.OFF));
        TestService service = service(8, onlyPeers);
        Random random = new Random(5);
        traffic(service, 12, 800, address -> address.equals(id(5)) && random.nextInt(4) == 0);

        assertThat(service.status(id(5)).detail()).contains("% successes, while the mean of 8 endpoints is");
        assertThat(ejected(service)).isOne();
    }

    @Test
    void detectionDoesNotDependOnTheListBeingLeftAlone() {
        TestService service = service(6);
        for (int i = 0; i < 200; i++) {
            service.source.put(Endpoint.of(id(5)).withMetadata("tick", String.valueOf(i)));
            Attempt attempt = service.attempt();
            attempt.complete(attempt.endpoint().id().equals(id(2)) ? HTTP_503 : Outcome.SUCCESS);
            service.advance(Duration.ofMillis(50));
        }
        assertThat(service.status(id(2)).availability().has(OutReason.EJECTED)).isTrue();
    }

    /** As in grpc-java, whose detector of the share of failures never had enough calls when the same list came every 1.5 s. */
    @Test
    void theShareOfFailuresIsJudgedHoweverOftenTheSameListComes() {
        OutlierDetection onlyShare = OutlierDetection.DEFAULT
                .with(new ConsecutiveFailures(1000, DetectorMode.OFF))
                .with(new FailurePercentage(0.8, 100, DetectorMode.ENFORCE));
        TestService service = service(6, onlyShare);
        List<Endpoint> same = service.loadBalancer.endpoints().stream()
                .map(EndpointStatus::endpoint)
                .toList();
        for (int i = 0; i < 60; i++) {
            service.source.set(same);
            traffic(service, 1, 100, id(2)::equals);
        }
        assertThat(service.status(id(2)).detail()).contains("attempts failed, back in ");
    }

    /** In ServiceTalk the first of two detectors took the counts away from the second. */
    @Test
    void noDetectorTakesAnythingAwayFromTheNext() {
        OutlierDetection two = OutlierDetection.DEFAULT
                .with(new ConsecutiveFailures(1000, DetectorMode.OFF))
                .with(new FailurePercentage(0.1, 10, DetectorMode.OBSERVE));
        TestService service = service(8, two);
        Random random = new Random(5);
        traffic(service, 12, 800, address -> address.equals(id(5)) && random.nextInt(4) == 0);

        assertThat(service.eventsOf(Event.Type.SUSPECTED))
                .anySatisfy(event -> assertThat(event.detail()).endsWith("attempts failed; only observed"));
        assertThat(service.status(id(5)).detail()).contains("% successes, while the mean of 8 endpoints is");
    }

    @Test
    void whatIsInFlightAtAnEjectedEndpointGoesOn() {
        TestService service = service(10);
        Attempt open = service.attemptAt(id(3));
        IntStream.range(0, 5).forEach(i -> service.attemptAt(id(3)).complete(HTTP_503));
        assertThat(service.status(id(3)).inFlight()).isOne();

        open.complete(Outcome.SUCCESS);

        assertThat(service.status(id(3)).inFlight()).isZero();
        assertThat(service.status(id(3)).availability().has(OutReason.EJECTED))
                .as("one answer does not end it")
                .isTrue();
    }

    @Test
    void aDryRunSaysWhatItWouldHaveDoneAndDoesNothing() {
        TestService service = service(10, OutlierDetection.DEFAULT.withMode(DetectorMode.OBSERVE));
        IntStream.range(0, 5).forEach(i -> service.attemptAt(id(3)).complete(HTTP_503));

        assertThat(ejected(service)).isZero();
        assertThat(service.eventsOf(Event.Type.SUSPECTED))
                .singleElement()
                .satisfies(event -> assertThat(event.detail()).isEqualTo("5 failures in a row; only observed"));
    }

    @Test
    void anEndpointThatAnswersMuchSlowerThanItsPeersGetsHalf() {
        TestService service =
                TestService.with(settings -> settings.policy(LoadBalancingPolicy.weightedRandom()), addresses(4));
        for (int i = 0; i < 4000; i++) {
            Attempt attempt = service.attempt();
            service.advance(Duration.ofMillis(attempt.endpoint().id().equals(id(1)) ? 400 : 20));
            attempt.complete(Outcome.SUCCESS);
        }
        assertThat(service.eventsOf(Event.Type.SUSPECTED))
                .singleElement()
                .satisfies(event -> assertThat(event.detail()).endsWith("ms is usual; it gets half of its share"));
        long share = service.picks(7000).stream().filter(id(1)::equals).count();
        assertThat(share).isBetween(850L, 1150L); // one of seven halves
    }

    @Test
    void aPleaForLessLoadCutsTheWeightForAWhileAndIsNoFailure() {
        TestService service =
                TestService.with(settings -> settings.policy(LoadBalancingPolicy.weightedRandom()), addresses(3));
        service.attemptAt(id(1)).complete(Outcome.pushback("HTTP 429", Duration.ofSeconds(5)));

        assertThat(service.picks(5000).stream().filter(id(1)::equals)).hasSizeBetween(900, 1100); // one of five halves
        assertThat(service.status(id(1)).failures()).isZero();
        service.advance(Duration.ofSeconds(6));
        assertThat(service.picks(6000).stream().filter(id(1)::equals)).hasSizeBetween(1850, 2150);
    }

    @Test
    void aServerCannotAskForLessThanHalfNorForLongerThanHalfAMinute() {
        TestService service =
                TestService.with(settings -> settings.policy(LoadBalancingPolicy.weightedRandom()), addresses(3));
        for (int i = 0; i < 20; i++) {
            service.attemptAt(id(1)).complete(Outcome.pushback("HTTP 429", Duration.ofDays(300)));
        }
        assertThat(service.picks(5000).stream().filter(id(1)::equals)).hasSizeBetween(900, 1100);
        service.advance(Duration.ofSeconds(31));
        assertThat(service.picks(6000).stream().filter(id(1)::equals)).hasSizeBetween(1850, 2150);
    }

    @Test
    void aNewcomerTakesUpItsShareLittleByLittle() {
        TestService service =
                TestService.with(settings -> settings.policy(LoadBalancingPolicy.weightedRandom()), addresses(4));
        service.source.put(Endpoint.of(id(7)));
        assertThat(service.picks(4100).stream().filter(id(7)::equals)).hasSizeBetween(70, 140); // 0.1 of 4.1

        service.advance(Duration.ofSeconds(15));
        assertThat(service.picks(4500).stream().filter(id(7)::equals)).hasSizeBetween(430, 570); // 0.5 of 4.5

        service.advance(Duration.ofSeconds(16));
        assertThat(service.picks(5000).stream().filter(id(7)::equals)).hasSizeBetween(900, 1100);
    }

    @Test
    void aRampGoesOnWhenTheListComesAgain() {
        TestService service =
                TestService.with(settings -> settings.policy(LoadBalancingPolicy.weightedRandom()), addresses(4));
        service.source.put(Endpoint.of(id(7)));
        for (int i = 0; i < 15; i++) {
            service.source.put(Endpoint.of(id(7)).withMetadata("tick", String.valueOf(i)));
            service.advance(SECOND);
        }
        assertThat(service.picks(4500).stream().filter(id(7)::equals)).hasSizeBetween(430, 570); // 0.5 of 4.5
    }

    @Test
    void whereMostEndpointsStartAtATimeTheOthersAreNotOverloaded() {
        TestService service =
                TestService.with(settings -> settings.policy(LoadBalancingPolicy.weightedRandom()), addresses(2));
        for (int newcomer = 10; newcomer < 16; newcomer++) {
            service.source.put(Endpoint.of(id(newcomer)));
        }
        // 6 of 8 start; held back is a quarter of 8, so 2 of 8, and the two that are warm carry 2 of the 6 that remain.
        assertThat(service.picks(6000).stream().filter(id -> id.equals(id(0)) || id.equals(id(1))))
                .hasSizeBetween(1850, 2150);
    }

    @Test
    void aRampThatAsksForRequestsTooWaitsForThemButEndsAllTheSame() {
        SlowStart ramp = new SlowStart(Duration.ofSeconds(30), 0.1, 1, 50);
        TestService service = TestService.with(
                settings ->
                        settings.policy(LoadBalancingPolicy.weightedRandom()).slowStart(ramp),
                addresses(4));
        service.source.put(Endpoint.of(id(7)));
        service.advance(Duration.ofSeconds(60));
        assertThat(service.picks(410).stream().filter(id(7)::equals)).hasSizeBetween(2, 25);
        service.advance(Duration.ofSeconds(31));
        assertThat(service.picks(5000).stream().filter(id(7)::equals)).hasSizeBetween(900, 1100);
    }

    @Test
    void whereAllEndpointsAreNewNobodyStartsSlowly() {
        TestService service =
                TestService.with(settings -> settings.policy(LoadBalancingPolicy.weightedRandom()), addresses(2));
        service.source.set(List.of(Endpoint.of(id(7)), Endpoint.of(id(8)).withWeight(3)));

        assertThat(service.picks(4000).stream().filter(id(7)::equals)).hasSizeBetween(900, 1100);
    }

    @Property(tries = 60)
    void neverMoreThanTheCapAndEveryEjectionEnds(@ForAll long seed, @ForAll @IntRange(min = 1, max = 15) int size) {
        Random random = new Random(seed);
        TestService service = service(size);
        double[] errors = random.doubles(size).map(x -> x * x).toArray();
        int cap = EjectionTime.DEFAULT.allowed(size);
        for (int i = 0; i < 1500; i++) {
            Attempt attempt = service.attempt();
            int index = Integer.parseInt(attempt.endpoint().host().substring("10.0.0.".length()));
            attempt.complete(random.nextDouble() < errors[index] ? HTTP_503 : Outcome.SUCCESS);
            service.advance(Duration.ofMillis(random.nextInt(60)));
            assertThat(ejected(service)).isLessThanOrEqualTo(cap);
        }
        service.advance(Duration.ofSeconds(303));
        assertThat(ejected(service)).isZero();
    }
}
