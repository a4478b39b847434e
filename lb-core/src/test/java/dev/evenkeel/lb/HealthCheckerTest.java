package dev.evenkeel.lb;

import static dev.evenkeel.lb.ScriptedCheck.HTTP_500;
import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.MutableEndpointSource;
import dev.evenkeel.lb.endpoint.OutReason;
import dev.evenkeel.lb.health.CheckResult;
import dev.evenkeel.lb.health.CheckSchedule;
import dev.evenkeel.lb.health.DetectorMode;
import dev.evenkeel.lb.health.OutlierDetection;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.time.Environment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HealthCheckerTest {
    private static final String A = "10.0.0.1:80";
    private static final String B = "10.0.0.2:80";
    private static final String C = "10.0.0.3:80";

    /** The interval of 10 s with its jitter: in this time each endpoint is checked at least once. */
    private static final Duration ROUND = Duration.ofMillis(12_001);

    private final ScriptedCheck check = new ScriptedCheck();
    private final TestService service = service(A, B, C);

    private TestService service(String... addresses) {
        return service(OutlierDetection.DEFAULT, addresses);
    }

    private TestService service(OutlierDetection outliers, String... addresses) {
        return TestService.with(
                settings -> settings.policy(LoadBalancingPolicy.random())
                        .outliers(outliers)
                        .healthCheck(check),
                addresses);
    }

    private static boolean isOut(TestService service, String id) {
        return service.status(id).availability().has(OutReason.PROBE_FAILED);
    }

    /** Lets time pass until the endpoint has been checked so many times more. */
    private void checks(TestService service, String id, int count) {
        long target = check.timesAsked(id) + count;
        for (int i = 0; check.timesAsked(id) < target; i++) {
            assertThat(i).as("10 ms steps until %s is checked again", id).isLessThan(count * 1300);
            service.advance(Duration.ofMillis(10));
        }
    }

    @Test
    void nothingIsCheckedUnlessAskedFor() {
        TestService unchecked = TestService.of(A, B);
        unchecked.advance(Duration.ofMinutes(1));

        assertThat(unchecked.loadBalancer.describe()).contains("healthCheck = none");
        assertThat(service.loadBalancer.describe()).contains("healthCheck = scripted check");
    }

    @Test
    void ofALongListOnlyWhatThisClientUsesIsChecked() {
        TestService many = service(IntStream.range(0, 300)
                .mapToObj(i -> "10.1." + i / 250 + "." + i % 250 + ":80")
                .toArray(String[]::new));
        many.advance(ROUND);

        many.loadBalancer.endpoints().forEach(status -> {
            boolean used = !status.availability().has(OutReason.UNUSED);
            assertThat(check.timesAsked(status.endpoint().id()) > 0)
                    .as("%s", status)
                    .isEqualTo(used);
        });
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void threeFailuresInARowTakeAnEndpointOutAndTwoPassesBringItBack(boolean protection) {
        TestService any = service(
                protection ? OutlierDetection.DEFAULT : OutlierDetection.DEFAULT.withMode(DetectorMode.OFF), A, B, C);
        check.answer(A, HTTP_500);
        checks(any, A, 2);
        assertThat(isOut(any, A)).isFalse();

        checks(any, A, 1);
        assertThat(isOut(any, A)).isTrue();
        assertThat(any.status(A).detail()).isEqualTo("GET /health: HTTP 500, 3 times in a row");
        assertThat(any.picks(500)).doesNotContain(A).contains(B, C);

        check.answer(A, CheckResult.PASSED);
        checks(any, A, 1);
        assertThat(isOut(any, A)).isTrue();
        assertThat(any.status(A).detail()).isEqualTo("GET /health: HTTP 500, passed 1 since");

        checks(any, A, 1);
        assertThat(any.status(A).availability().isAvailable()).isTrue();
        assertThat(any.picks(500)).contains(A);
    }

    @Test
    void theEventsSayWhy() {
        check.answer(A, HTTP_500);
        checks(service, A, 5);
        check.answer(A, CheckResult.PASSED);
        checks(service, A, 2);

        assertThat(service.eventsOf(Event.Type.UNAVAILABLE))
                .extracting(Event::toString)
                .containsExactly("orders.svc: UNAVAILABLE 10.0.0.1:80 – PROBE_FAILED: GET /health: HTTP 500, "
                        + "3 times in a row");
        assertThat(service.eventsOf(Event.Type.AVAILABLE))
                .extracting(Event::detail)
                .containsExactly("passes its checks again");
    }

    @Test
    void aPassBetweenFailuresStartsTheCountAfresh() {
        for (int i = 0; i < 5; i++) {
            check.answer(A, HTTP_500);
            checks(service, A, 2);
            check.answer(A, CheckResult.PASSED);
            checks(service, A, 1);
        }

        assertThat(isOut(service, A)).isFalse();
    }

    @Test
    void aFailureBetweenPassesStartsTheCountAfresh() {
        check.answer(A, HTTP_500);
        checks(service, A, 3);
        for (int i = 0; i < 5; i++) {
            check.answer(A, CheckResult.PASSED);
            checks(service, A, 1);
            check.answer(A, HTTP_500);
            checks(service, A, 1);
        }

        assertThat(isOut(service, A)).isTrue();
    }

    @Test
    void aCheckThatLearnsNothingNeitherCountsNorEndsARow() {
        check.answer(A, HTTP_500);
        checks(service, A, 2);
        check.answer(A, CheckResult.unknown("not bound"));
        checks(service, A, 10);
        assertThat(isOut(service, A)).isFalse();

        check.answer(A, HTTP_500);
        checks(service, A, 1);
        assertThat(isOut(service, A)).isTrue();
    }

    @Test
    void whatChecksCannotFindOutIsSaidOnceForEachReason() {
        for (String id : List.of(A, B, C)) {
            check.answer(id, CheckResult.unknown("no client sends it; build one"));
        }
        checks(service, A, 2);
        assertThat(service.eventsOf(Event.Type.UNCHECKED)).isEmpty();
        service.advance(Duration.ofMinutes(10));

        assertThat(service.eventsOf(Event.Type.UNCHECKED))
                .singleElement()
                .satisfies(event -> assertThat(event.detail())
                        .isEqualTo("scripted check finds out nothing: no client sends it; build one"));
        assertThat(service.loadBalancer.endpoints())
                .allMatch(status -> status.availability().isAvailable());
    }

    @Test
    void anEndpointIsNotOutForEverByChecksThatFindOutNothingAnyMore() {
        check.answer(A, HTTP_500);
        checks(service, A, 3);
        assertThat(isOut(service, A)).isTrue();

        check.answer(A, CheckResult.unknown("the client is closed"));
        checks(service, A, 2);
        assertThat(isOut(service, A)).isTrue();
        checks(service, A, 1);
        assertThat(isOut(service, A)).isFalse();
        assertThat(service.eventsOf(Event.Type.AVAILABLE))
                .last()
                .satisfies(event -> assertThat(event.detail()).contains("find out nothing any more"));
    }

    @Test
    void whatWasFoundOutCanBeForgotten() {
        check.answer(A, HTTP_500);
        check.answer(B, HTTP_500);
        checks(service, A, 3);
        checks(service, B, 1);
        assertThat(isOut(service, A)).isTrue();

        service.loadBalancer.forgetHealthChecks();
        assertThat(isOut(service, A)).isFalse();
        assertThat(service.eventsOf(Event.Type.AVAILABLE))
                .last()
                .satisfies(event -> assertThat(event.detail()).isEqualTo("it is not checked any more"));
        checks(service, A, 2);
        assertThat(isOut(service, A)).as("counted afresh").isFalse();
        checks(service, A, 1);
        assertThat(isOut(service, A)).isTrue();
    }

    @Test
    void reasonsWithoutEndAreNotAllSaid() {
        AtomicInteger number = new AtomicInteger();
        check.behave(
                A, () -> CompletableFuture.completedFuture(CheckResult.unknown("no. " + number.incrementAndGet())));
        service.advance(Duration.ofHours(1));

        assertThat(service.eventsOf(Event.Type.UNCHECKED)).hasSize(16);
    }

    @Test
    void itReturnsThroughSlowStart() {
        TestService weighted = TestService.with(
                settings ->
                        settings.policy(LoadBalancingPolicy.weightedRandom()).healthCheck(check),
                A,
                B,
                C,
                "10.0.0.4:80",
                "10.0.0.5:80");
        check.answer(A, HTTP_500);
        checks(weighted, A, 3);
        check.answer(A, CheckResult.PASSED);
        checks(weighted, A, 2);

        assertThat(weighted.picks(1000).stream().filter(A::equals).count()).isBetween(5L, 100L);
    }

    @Test
    void newcomersAreUsedAtOnceAndDoNotCausePanic() {
        List<String> many =
                IntStream.range(0, 40).mapToObj(i -> "10.0.1." + i + ":80").toList();
        check.answer(A, HTTP_500);
        checks(service, A, 3);
        many.forEach(id -> check.answer(id, HTTP_500));
        many.forEach(id -> service.source.put(Endpoint.of(id)));

        assertThat(service.picks(2000)).containsAll(many).contains(B, C);
        assertThat(service.eventTypes()).doesNotContain(Event.Type.PANIC_ENTERED);
    }

    @Test
    void certaintyIsNotCappedButPanicUsesEverybody() {
        check.answer(A, HTTP_500);
        check.answer(B, HTTP_500);
        checks(service, A, 3);
        service.advance(ROUND);
        assertThat(isOut(service, A) && isOut(service, B)).isTrue();

        assertThat(service.eventTypes()).contains(Event.Type.PANIC_ENTERED);
        assertThat(service.picks(100)).contains(A, B, C);
    }

    @Test
    void aPassEndsWhatARefusedConnectionBegan() {
        CompletableFuture<CheckResult> answer = check.hold(A);
        checks(service, A, 1);
        service.advance(Duration.ofMillis(1));
        service.refuse(A);
        answer.complete(CheckResult.PASSED);
        assertThat(service.status(A).availability().has(OutReason.CONNECT_FAILED))
                .as("the check had begun before the refusal")
                .isTrue();

        check.answer(A, CheckResult.PASSED);
        checks(service, A, 1);
        assertThat(service.status(A).availability().isAvailable()).isTrue();
    }

    @Test
    void aPassDoesNotEndAnEjection() {
        for (int i = 0; i < 5; i++) {
            service.attemptAt(A).complete(Outcome.of(Outcome.Kind.FAILED, "HTTP 500"));
        }
        assertThat(service.status(A).availability().has(OutReason.EJECTED)).isTrue();

        checks(service, A, 2);
        assertThat(service.status(A).availability().has(OutReason.EJECTED)).isTrue();
    }

    @Test
    void aPassEndsAnEjectionTogetherWithARefusalForThatIsAnotherProcess() {
        Attempt open = service.attemptAt(A);
        service.advance(Duration.ofMillis(1));
        for (int i = 0; i < 5; i++) {
            service.attemptAt(A).complete(Outcome.of(Outcome.Kind.BROKEN, "reset"));
        }
        open.complete(TestService.REFUSED);
        assertThat(service.status(A).availability().reasons())
                .containsExactly(OutReason.CONNECT_FAILED, OutReason.EJECTED);

        checks(service, A, 1);
        assertThat(service.status(A).availability().isAvailable()).isTrue();
    }

    @Test
    void whileChecksFailNoRequestIsSpentOnTryingToConnect() {
        check.answer(A, HTTP_500);
        checks(service, A, 2);
        service.refuse(A);
        checks(service, A, 1);
        service.advance(Duration.ofSeconds(31));
        assertThat(service.picks(100)).doesNotContain(A);

        check.answer(A, CheckResult.PASSED);
        checks(service, A, 2);
        assertThat(service.status(A).availability().isAvailable()).isTrue();
    }

    @Test
    void aCheckThatTakesTooLongHasFailedWhateverItSaysLater() {
        CompletableFuture<CheckResult> answer = check.hold(A);
        checks(service, A, 1);
        service.advance(Duration.ofMillis(1001));
        assertThat(answer).isCancelled();
        answer.obtrudeValue(CheckResult.PASSED);

        check.behave(A, CompletableFuture::new);
        checks(service, A, 2);
        service.advance(Duration.ofMillis(1001));

        assertThat(isOut(service, A)).isTrue();
        assertThat(service.status(A).detail()).isEqualTo("scripted check: no answer in 1.0 s, 3 times in a row");
        assertThat(check.timesAsked(B)).as("the others were checked meanwhile").isGreaterThanOrEqualTo(2);
    }

    @Test
    void aCheckThatThrowsHasFailed() {
        check.behave(A, () -> {
            throw new IllegalStateException("broken\nand more");
        });
        check.behave(B, () -> {
            throw new StackOverflowError();
        });
        checks(service, A, 3);
        service.advance(ROUND);

        assertThat(service.status(A).detail()).startsWith("IllegalStateException: broken, ");
        assertThat(service.status(B).detail()).startsWith("StackOverflowError, ");
        assertThat(isOut(service, C)).isFalse();
    }

    @Test
    @SuppressWarnings("NullAway")
    void aCheckThatReturnsNothingHasFailed() {
        check.behave(A, () -> null);
        check.behave(B, () -> CompletableFuture.completedFuture(null));
        check.behave(C, () -> CompletableFuture.failedFuture(new java.io.IOException("reset")));
        checks(service, A, 3);
        service.advance(ROUND);

        assertThat(isOut(service, A)).isTrue();
        assertThat(service.status(B).detail()).startsWith("the check returned no result, ");
        assertThat(service.status(C).detail()).startsWith("IOException: reset, ");
    }

    @Test
    void whoeverIsRemovedIsNotCheckedAndWhoeverComesBackIs() {
        service.advance(ROUND);
        service.source.remove(A);
        long before = check.timesAsked(A);
        service.advance(ROUND.multipliedBy(3));
        assertThat(check.timesAsked(A)).isEqualTo(before);

        service.source.put(Endpoint.of(A));
        service.advance(ROUND);
        assertThat(check.timesAsked(A)).isEqualTo(before + 1);
    }

    @Test
    void anEndpointThatLeavesWhileItIsOutIsStillOutWhenItReturnsAndRecovers() {
        check.answer(A, HTTP_500);
        checks(service, A, 3);
        service.source.remove(A);
        service.advance(ROUND);
        service.source.put(Endpoint.of(A));
        assertThat(isOut(service, A)).isTrue();

        check.answer(A, CheckResult.PASSED);
        checks(service, A, 2);
        assertThat(isOut(service, A)).isFalse();
    }

    @Test
    void checkingGoesOnAfterAListThatWasEmpty() {
        service.advance(ROUND);
        List.of(A, B, C).forEach(service.source::remove);
        service.advance(ROUND.multipliedBy(2));
        service.source.put(Endpoint.of(A));

        checks(service, A, 3);
    }

    @Test
    void aRemovedEndpointHasDrainedOnlyWhenItsCheckIsOver() {
        CompletableFuture<CheckResult> answer = check.hold(A);
        checks(service, A, 1);
        service.source.remove(A);
        assertThat(service.eventTypes()).doesNotContain(Event.Type.DRAINED);

        answer.complete(HTTP_500);
        assertThat(service.eventsOf(Event.Type.DRAINED)).hasSize(1);
    }

    @Test
    void nothingIsCheckedAfterClosing() {
        CompletableFuture<CheckResult> answer = check.hold(A);
        checks(service, A, 1);
        int before = check.asked.size();
        service.loadBalancer.close();
        service.advance(ROUND.multipliedBy(3));
        answer.complete(HTTP_500);

        assertThat(check.asked).hasSize(before);
        assertThat(service.time.pendingTasks()).isZero();
    }

    @Test
    void whereThereIsNoThreadForACheckNothingIsLearnt() {
        TestService starved = TestService.of();
        Environment real = starved.time.environment(new Random(1));
        Environment refusing = new Environment(
                real.ticker(),
                real.scheduler(),
                task -> {
                    throw new RejectedExecutionException("full");
                },
                real.random());
        try (LoadBalancer loadBalancer = LoadBalancer.builder("orders.svc")
                .endpoints(MutableEndpointSource.of(A))
                .environment(refusing)
                .healthCheck(check)
                .build()) {
            starved.advance(ROUND.multipliedBy(5));

            assertThat(loadBalancer.endpoints())
                    .allMatch(status -> status.availability().isAvailable());
        }
    }

    @Test
    void aCheckThatKeepsItsThreadIsNotBegunAgainUntilItReturns() {
        List<Runnable> threads = new ArrayList<>();
        TestService slow = TestService.of();
        Environment env = slow.time.environment(new Random(1));
        Environment manual = new Environment(env.ticker(), env.scheduler(), threads::add, env.random());
        boolean[] returns = {false};
        // Within the check time passes until the next ones are due: that is what a thread that hangs looks like from
        // outside.
        check.behave(A, () -> {
            if (!returns[0]) {
                slow.advance(ROUND.multipliedBy(3));
            }
            return CompletableFuture.completedFuture(CheckResult.PASSED);
        });
        try (LoadBalancer loadBalancer = LoadBalancer.builder("orders.svc")
                .endpoints(MutableEndpointSource.of(A))
                .environment(manual)
                .healthCheck(check)
                .build()) {
            slow.advance(ROUND);
            threads.remove(0).run();

            assertThat(threads).isEmpty();
            assertThat(loadBalancer.endpoints().get(0).availability().has(OutReason.PROBE_FAILED))
                    .isTrue();
            assertThat(loadBalancer.endpoints().get(0).detail()).startsWith("the check before has not returned, ");

            returns[0] = true;
            for (int i = 0; i < 2; i++) {
                slow.advance(ROUND);
                threads.remove(0).run();
            }
            assertThat(loadBalancer.endpoints().get(0).availability().isAvailable())
                    .isTrue();
        }
    }

    @Test
    void clientsThatStartTogetherDoNotCheckInStep() {
        List<String> first = new ArrayList<>();
        for (int seed = 0; seed < 20; seed++) {
            ScriptedCheck own = new ScriptedCheck();
            TestService client = TestService.of();
            try (LoadBalancer loadBalancer = LoadBalancer.builder("orders.svc")
                    .endpoints(MutableEndpointSource.of(A, B, C))
                    .environment(client.time.environment(new Random(seed)))
                    .healthCheck(own, CheckSchedule.DEFAULT)
                    .build()) {
                client.advance(ROUND);
                assertThat(loadBalancer.endpoints()).hasSize(3);
                first.add(own.asked.get(0).id());
            }
        }

        assertThat(first).contains(A, B, C);
    }
}
