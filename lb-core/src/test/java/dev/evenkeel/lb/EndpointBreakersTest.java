package dev.evenkeel.lb;

import static dev.evenkeel.lb.TestService.HTTP_503;
import static dev.evenkeel.lb.TestService.REFUSED;
import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.OutReason;
import dev.evenkeel.lb.health.DetectorMode;
import dev.evenkeel.lb.health.EjectionTime;
import dev.evenkeel.lb.health.OutlierDetection;
import dev.evenkeel.lb.limit.Breaker;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** Each endpoint's circuit breaker, in virtual time. The detectors of outliers are off, except where both are the point. */
class EndpointBreakersTest {
    /** Opens at the fourth attempt if half have failed; two trials decide. */
    private static final CircuitBreakerConfig QUICK = CircuitBreakerConfig.from(Breaker.DEFAULT)
            .minimumNumberOfCalls(4)
            .permittedNumberOfCallsInHalfOpenState(2)
            .slowCallDurationThreshold(Duration.ofMillis(500))
            .build();

    /** Longer than the 10 s that it is open, with their jitter; and shorter. */
    private static final Duration OPEN = Duration.ofMillis(11_001);

    private static final Duration STILL_OPEN = Duration.ofMillis(8_999);
    private static final String BAD = id(3);

    private final TestService service = service(10, QUICK);

    private static String id(int index) {
        return "10.0.0." + index + ":80";
    }

    private static TestService service(int endpoints, CircuitBreakerConfig config) {
        return service(
                endpoints,
                settings ->
                        settings.endpointBreaker(config).outliers(OutlierDetection.DEFAULT.withMode(DetectorMode.OFF)));
    }

    private static TestService service(int endpoints, UnaryOperator<LoadBalancerBuilder> more) {
        String[] addresses =
                IntStream.range(0, endpoints).mapToObj(EndpointBreakersTest::id).toArray(String[]::new);
        return TestService.with(settings -> more.apply(settings.policy(LoadBalancingPolicy.random())), addresses);
    }

    private static void fail(TestService service, String id, int times) {
        IntStream.range(0, times).forEach(i -> end(service, id, HTTP_503));
    }

    /** Ends one attempt at the endpoint so; those that go elsewhere on the way say nothing. */
    private static void end(TestService service, String id, Outcome outcome) {
        for (int i = 0; i < 10_000; i++) {
            Attempt attempt = service.attempt();
            if (attempt.endpoint().id().equals(id)) {
                attempt.complete(outcome);
                return;
            }
            attempt.complete(Outcome.CANCELLED);
        }
        throw new AssertionError("10,000 attempts and none went to " + id + ": " + service.loadBalancer.endpoints());
    }

    /** Has every endpoint answer well once, so that those which fail later are known to be few. */
    private static void warmUp(TestService service) {
        service.loadBalancer
                .endpoints()
                .forEach(status -> end(service, status.endpoint().id(), Outcome.SUCCESS));
    }

    private static void open(TestService service, String id) {
        while (!service.status(id).detail().startsWith("circuit breaker open")) {
            fail(service, id, 1);
        }
    }

    private static boolean isOut(TestService service, String id) {
        return service.status(id).availability().has(OutReason.BREAKER_OPEN);
    }

    private static long out(TestService service) {
        return service.loadBalancer.endpoints().stream()
                .filter(status -> status.availability().has(OutReason.BREAKER_OPEN)
                        || status.availability().has(OutReason.EJECTED))
                .count();
    }

    @Test
    void withoutABreakerFailuresOpenNothing() {
        TestService plain =
                service(10, settings -> settings.outliers(OutlierDetection.DEFAULT.withMode(DetectorMode.OFF)));
        fail(plain, BAD, 30);

        assertThat(isOut(plain, BAD)).isFalse();
        assertThat(plain.picks(500)).contains(BAD);
        assertThat(plain.loadBalancer.describe()).contains("endpointBreaker = OFF");
    }

    @Test
    void anEndpointIsLeftOutWhileItsBreakerIsOpen() {
        fail(service, BAD, 3);
        assertThat(isOut(service, BAD)).isFalse();
        fail(service, BAD, 1);

        assertThat(isOut(service, BAD)).isTrue();
        assertThat(service.status(BAD).detail())
                .matches("circuit breaker open, half-open in (9|1[01])\\.\\d s: 4 of 4 attempts failed");
        assertThat(service.eventsOf(Event.Type.UNAVAILABLE)).singleElement().satisfies(event -> {
            assertThat(event.endpoint().id()).isEqualTo(BAD);
            assertThat(event.detail()).startsWith("BREAKER_OPEN: circuit breaker open, half-open in ");
        });
        assertThat(service.picks(500)).doesNotContain(BAD);
    }

    @Test
    void timeAloneMakesItHalfOpenAndThePermittedRequestsTryIt() {
        fail(service, BAD, 4);
        service.advance(STILL_OPEN);
        assertThat(service.picks(20)).doesNotContain(BAD);

        service.advance(OPEN.minus(STILL_OPEN));
        Attempt first = service.attempt();
        Attempt second = service.attempt();
        assertThat(List.of(first.endpoint().id(), second.endpoint().id())).containsOnly(BAD);
        assertThat(first.isProbe()).as("its connections are fine").isFalse();
        assertThat(service.picks(50)).as("no third trial").doesNotContain(BAD);

        first.complete(Outcome.SUCCESS);
        assertThat(isOut(service, BAD)).isTrue();
        second.complete(Outcome.SUCCESS);
        assertThat(isOut(service, BAD)).isFalse();
        assertThat(service.picks(500)).contains(BAD);
        assertThat(service.eventsOf(Event.Type.AVAILABLE))
                .singleElement()
                .satisfies(event -> assertThat(event.detail()).isEqualTo("its circuit breaker closed"));
    }

    @Test
    void trialsThatFailOpenItAgain() {
        fail(service, BAD, 4);
        service.advance(OPEN);
        service.attempt().complete(HTTP_503);
        service.attempt().complete(HTTP_503);

        assertThat(service.status(BAD).detail()).startsWith("circuit breaker open, half-open in ");
        assertThat(service.picks(50)).doesNotContain(BAD);
        service.advance(OPEN);
        assertThat(service.picks(2)).containsOnly(BAD);
        assertThat(isOut(service, BAD)).isFalse();
    }

    @Test
    void aTrialThatSaysNothingGivesItsPermitBack() {
        fail(service, BAD, 4);
        service.advance(OPEN);
        for (int i = 0; i < 10; i++) {
            Attempt trial = service.attempt();
            assertThat(trial.endpoint().id()).isEqualTo(BAD);
            trial.complete(Outcome.CANCELLED);
        }
        assertThat(service.picks(2)).containsOnly(BAD);
        assertThat(isOut(service, BAD)).isFalse();
    }

    @Test
    void neutralOutcomesNeverOpenIt() {
        for (int i = 0; i < 50; i++) {
            service.attemptAt(BAD).complete(Outcome.of(Outcome.Kind.NOT_PROCESSED, "GOAWAY"));
        }
        fail(service, BAD, 3);
        assertThat(isOut(service, BAD)).isFalse();
    }

    @Test
    void slowAnswersOpenIt() {
        for (int i = 0; i < 4; i++) {
            Attempt attempt = service.attemptAt(BAD);
            service.advance(Duration.ofMillis(501));
            attempt.complete(Outcome.SUCCESS);
        }
        assertThat(service.status(BAD).detail()).endsWith("4 of 4 attempts took longer than 500 ms");
    }

    @Test
    void failuresOlderThanTheWindowDoNotCount() {
        for (int i = 0; i < 12; i++) {
            fail(service, BAD, 1);
            service.advance(Duration.ofSeconds(4));
        }
        assertThat(isOut(service, BAD)).isFalse();
    }

    @Test
    void whatBeganBeforeItOpenedDecidesNothingWhenItIsHalfOpen() {
        List<Attempt> late = new ArrayList<>();
        IntStream.range(0, 10).forEach(i -> late.add(service.attemptAt(BAD)));
        service.advance(Duration.ofMillis(1));
        fail(service, BAD, 4);
        service.advance(OPEN);
        late.forEach(attempt -> attempt.complete(Outcome.SUCCESS));

        assertThat(isOut(service, BAD)).isTrue();
        assertThat(service.picks(2)).containsOnly(BAD);
    }

    @Test
    void trialsThatNeverEndDoNotKeepItOutForEver() {
        fail(service, BAD, 4);
        service.advance(OPEN);
        service.attempt();
        service.attempt();
        assertThat(service.picks(20)).doesNotContain(BAD);

        service.advance(OPEN);
        assertThat(service.picks(20)).containsOnlyOnce(BAD);
        service.advance(OPEN);
        service.picks(1);
        assertThat(isOut(service, BAD)).isFalse();
    }

    @Test
    void aLimitOfHalfOpenIsKeptInOurTime() {
        TestService limited = service(
                10,
                CircuitBreakerConfig.from(QUICK)
                        .maxWaitDurationInHalfOpenState(Duration.ofSeconds(3))
                        .transitionToStateAfterWaitDuration(State.CLOSED)
                        .build());
        fail(limited, BAD, 4);
        limited.advance(STILL_OPEN.plusSeconds(3));
        assertThat(isOut(limited, BAD)).isTrue();
        limited.advance(OPEN.minus(STILL_OPEN));
        assertThat(isOut(limited, BAD)).isFalse();
    }

    @Test
    void beyondTheCapABreakerIsAnnouncedAndTheEndpointStaysInUse() {
        warmUp(service);
        IntStream.range(0, 4).forEach(i -> open(service, id(i)));

        assertThat(out(service)).isEqualTo(3);
        assertThat(service.eventsOf(Event.Type.SUSPECTED)).singleElement().satisfies(event -> {
            assertThat(event.endpoint().id()).isEqualTo(id(3));
            assertThat(event.detail()).endsWith("3 of 4 attempts failed; stays in use, as many are out as may be");
        });
        assertThat(service.status(id(3)).detail()).startsWith("circuit breaker open");
        assertThat(service.picks(500)).contains(id(3));

        service.advance(OPEN);
        service.picks(200);
        assertThat(service.status(id(3)).detail())
                .as("ordinary requests closed it")
                .isEmpty();
    }

    @Test
    void whereNobodyMayBeOutOnSuspicionBreakersAreOnlyAnnounced() {
        EjectionTime dryRun =
                new EjectionTime(Duration.ofSeconds(30), Duration.ofSeconds(300), Duration.ofSeconds(3), 0);
        TestService dry = service(
                10, settings -> settings.endpointBreaker(QUICK).outliers(OutlierDetection.DEFAULT.with(dryRun)));
        fail(dry, BAD, 20);
        dry.advance(Duration.ofSeconds(2));

        assertThat(out(dry)).isZero();
        assertThat(dry.eventsOf(Event.Type.UNAVAILABLE)).isEmpty();
        assertThat(dry.eventsOf(Event.Type.SUSPECTED))
                .anySatisfy(event -> assertThat(event.detail()).startsWith("circuit breaker open"));
    }

    @Test
    void oneThatWasKeptForWantOfRoomIsTakenOutWhenThereIsRoom() {
        CircuitBreakerConfig patient = CircuitBreakerConfig.from(QUICK)
                .waitDurationInOpenState(Duration.ofSeconds(60))
                .build();
        TestService crowded = service(10, patient);
        warmUp(crowded);
        IntStream.range(0, 4).forEach(i -> open(crowded, id(i)));
        crowded.advance(Duration.ofSeconds(2));
        assertThat(isOut(crowded, id(3))).isFalse();

        crowded.source.remove(id(0));
        crowded.source.remove(id(1));
        crowded.advance(Duration.ofSeconds(1));

        assertThat(isOut(crowded, id(3))).isTrue();
        assertThat(crowded.picks(500)).doesNotContain(id(3));
    }

    @Test
    void oneThatHasClosedMeanwhileIsNotTakenOutWhenThereIsRoom() {
        warmUp(service);
        IntStream.range(0, 4).forEach(i -> open(service, id(i)));
        service.advance(OPEN);
        service.picks(200);
        service.source.remove(id(0));
        service.source.remove(id(1));
        service.advance(Duration.ofSeconds(2));

        assertThat(isOut(service, id(3))).isFalse();
    }

    @Test
    void whenMostEndpointsFailTogetherBreakersTakeNobodyOut() {
        IntStream.range(0, 10).forEach(i -> fail(service, id(i), 2));
        IntStream.range(0, 10).forEach(i -> fail(service, id(i), 2));

        assertThat(out(service)).isZero();
        assertThat(service.eventsOf(Event.Type.SUSPECTED))
                .hasSize(10)
                .allSatisfy(event ->
                        assertThat(event.detail()).endsWith("; stays in use, as most endpoints fail together"));
    }

    /** Otherwise an overload would be held against those that it met once the others, which it met too, are well again. */
    @Test
    void oneThatWasExcusedByTheFailuresOfOthersIsTakenOutLaterOnlyIfItGoesOnFailing() {
        CircuitBreakerConfig patient = CircuitBreakerConfig.from(QUICK)
                .waitDurationInOpenState(Duration.ofSeconds(60))
                .build();
        for (boolean goesOn : new boolean[] {false, true}) {
            TestService troubled = service(10, patient);
            IntStream.range(0, 7).forEach(i -> warmUp(troubled));
            IntStream.range(0, 10).forEach(i -> fail(troubled, id(i), 3));
            open(troubled, BAD);
            assertThat(out(troubled)).as("as others fail, too").isZero();

            for (int second = 0; second < 20 && out(troubled) == 0; second++) {
                IntStream.range(0, 10)
                        .mapToObj(EndpointBreakersTest::id)
                        .forEach(id -> end(troubled, id, goesOn && id.equals(BAD) ? HTTP_503 : Outcome.SUCCESS));
                troubled.advance(Duration.ofSeconds(1));
            }

            assertThat(out(troubled)).isEqualTo(goesOn ? 1 : 0);
            assertThat(isOut(troubled, BAD)).isEqualTo(goesOn);
        }
    }

    @Test
    void breakersThatOpenTogetherDoNotAllTryTogether() {
        TestService many = service(30, QUICK);
        warmUp(many);
        IntStream.range(0, 9).forEach(i -> open(many, id(i)));
        assertThat(out(many)).isEqualTo(9);
        many.advance(STILL_OPEN);
        assertThat(many.eventsOf(Event.Type.SUSPECTED)).isEmpty();
        many.advance(Duration.ofSeconds(1));
        assertThat(many.eventsOf(Event.Type.SUSPECTED)).hasSizeBetween(1, 8);
        many.advance(Duration.ofMillis(1002));
        assertThat(many.eventsOf(Event.Type.SUSPECTED)).hasSize(9);
    }

    @Test
    void ejectionsAndBreakersShareOneCap() {
        TestService both = service(
                7,
                settings -> settings.endpointBreaker(
                        CircuitBreakerConfig.from(QUICK).minimumNumberOfCalls(6).build()));
        warmUp(both);
        fail(both, id(0), 5); // ejected by failures in a row
        fail(both, id(1), 3);
        end(both, id(1), Outcome.SUCCESS);
        open(both, id(1));
        assertThat(both.status(id(1)).availability().reasons()).containsExactly(OutReason.BREAKER_OPEN);
        assertThat(out(both)).isEqualTo(2);

        fail(both, id(2), 4);
        end(both, id(2), Outcome.SUCCESS);
        fail(both, id(2), 3);

        assertThat(out(both)).isEqualTo(2);
    }

    @Test
    void theOnlyEndpointIsNeverLeftOut() {
        TestService one = service(1, QUICK);
        fail(one, id(0), 20);

        assertThat(isOut(one, id(0))).isFalse();
    }

    @Test
    void aBreakerDoesNotRememberTheProcessBefore() {
        fail(service, BAD, 3);
        service.refuse(BAD);
        assertThat(service.status(BAD).availability().reasons())
                .containsExactly(OutReason.CONNECT_FAILED, OutReason.BREAKER_OPEN);
        service.advance(Duration.ofSeconds(2));
        service.attempt().complete(Outcome.SUCCESS);
        assertThat(service.status(BAD).availability().isAvailable()).isTrue();
        assertThat(service.status(BAD).detail()).isEmpty();

        fail(service, BAD, 2);
        assertThat(isOut(service, BAD)).as("too few to judge by").isFalse();
        service.advance(OPEN.multipliedBy(2));
        assertThat(service.eventsOf(Event.Type.SUSPECTED))
                .as("the old spell ends without a trial")
                .isEmpty();
    }

    @Test
    void onePauseEndsAfterTheOtherWhenConnectionsFailToo() {
        fail(service, BAD, 3);
        service.refuse(BAD);
        assertThat(service.status(BAD).availability().reasons())
                .containsExactly(OutReason.CONNECT_FAILED, OutReason.BREAKER_OPEN);
        service.advance(Duration.ofSeconds(2));
        Attempt probe = service.attempt();
        assertThat(probe.isProbe()).isTrue();
        probe.complete(REFUSED);
        service.advance(OPEN);

        assertThat(service.attempt().isProbe()).as("first it must connect").isTrue();
    }

    @Test
    void anEndpointThatLeavesWhileItIsHalfOpenIsTriedWhenItReturns() {
        fail(service, BAD, 4);
        service.source.remove(BAD);
        service.advance(OPEN);
        service.picks(10);
        service.source.put(Endpoint.of(BAD));

        assertThat(isOut(service, BAD)).isTrue();
        assertThat(service.picks(2)).containsOnly(BAD);
        assertThat(isOut(service, BAD)).isFalse();
    }

    @Test
    void anEndpointThatReturnsStartsSlowly() {
        TestService weighted =
                service(4, settings -> settings.endpointBreaker(QUICK).policy(LoadBalancingPolicy.weightedRandom()));
        fail(weighted, BAD, 4);
        weighted.advance(OPEN);
        weighted.picks(2);

        assertThat(weighted.picks(3100).stream().filter(BAD::equals)).hasSizeBetween(70, 140); // 0.1 of 3.1
    }

    @Property(tries = 60)
    void neverMoreSuspectsThanTheCapAndEveryOpeningEnds(
            @ForAll long seed, @ForAll @IntRange(min = 1, max = 15) int size) {
        Random random = new Random(seed);
        TestService any = service(
                size,
                settings -> settings.endpointBreaker(CircuitBreakerConfig.from(Breaker.DEFAULT)
                        .minimumNumberOfCalls(2 + random.nextInt(10))
                        .permittedNumberOfCallsInHalfOpenState(1 + random.nextInt(5))
                        .build()));
        double[] errors = random.doubles(size).map(x -> x * x).toArray();
        int cap = EjectionTime.DEFAULT.allowed(size);
        List<Attempt> open = new ArrayList<>();
        for (int i = 0; i < 1500; i++) {
            open.add(any.attempt());
            if (random.nextInt(4) > 0) {
                Attempt attempt = open.remove(random.nextInt(open.size()));
                int index = Integer.parseInt(attempt.endpoint().host().substring("10.0.0.".length()));
                boolean fails = random.nextDouble() < errors[index];
                attempt.complete(random.nextInt(20) == 0 ? Outcome.CANCELLED : fails ? HTTP_503 : Outcome.SUCCESS);
            }
            any.advance(Duration.ofMillis(random.nextInt(60)));
            assertThat(out(any)).isLessThanOrEqualTo(cap);
        }
        open.forEach(attempt -> attempt.complete(Outcome.CANCELLED));
        for (int i = 0; i < 40; i++) {
            any.advance(OPEN);
            any.picks(5 * size);
        }
        assertThat(out(any)).isZero();
        assertThat(any.loadBalancer.endpoints()).allMatch(status -> status.inFlight() == 0);
    }
}
