package dev.evenkeel.lb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.EndpointSource;
import dev.evenkeel.lb.endpoint.Omissions;
import dev.evenkeel.lb.endpoint.OutReason;
import dev.evenkeel.lb.health.CheckResult;
import dev.evenkeel.lb.health.CheckSchedule;
import dev.evenkeel.lb.health.ConnectBackoff;
import dev.evenkeel.lb.health.SlowStart;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.time.Environment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What becomes of the lists that a source reports, good and bad. */
class ServerListTest {
    private static final String A = "10.0.0.1:80";
    private static final String B = "10.0.0.2:80";
    private static final String C = "10.0.0.3:80";
    private static final String D = "10.0.0.4:80";

    /** A source that observes, as DNS does, and reports what the test tells it. */
    private static final class ObservingSource implements EndpointSource {
        private final List<Listener> listeners = new ArrayList<>();
        private int closed;

        @Override
        public Subscription subscribe(Listener listener, Environment environment) {
            listeners.add(listener);
            return () -> closed++;
        }

        void report(String... addresses) {
            listeners.forEach(listener -> listener.onEndpoints(
                    Arrays.stream(addresses).map(Endpoint::of).toList()));
        }

        void fail(String reason) {
            listeners.forEach(listener -> listener.onFailure(reason));
        }

        @Override
        public String toString() {
            return "test source";
        }
    }

    private final ObservingSource source = new ObservingSource();
    private final TestService service = TestService.over(source);

    @Test
    void whyThereAreNoEndpointsIsToldOnceTheSourceHasSpoken() {
        assertThat(service.loadBalancer.whyEmpty()).as("not a word yet").isEmpty();

        source.fail("NXDOMAIN");
        assertThat(service.loadBalancer.whyEmpty()).as("it may yet do better").isEmpty();
        service.advance(Duration.ofSeconds(5));
        assertThat(service.loadBalancer.whyEmpty())
                .hasValueSatisfying(why -> assertThat(why).contains("orders.svc has no endpoints", "NXDOMAIN"));

        source.report(A);
        assertThat(service.loadBalancer.whyEmpty()).isEmpty();

        source.report();
        service.advance(Duration.ofSeconds(31));
        assertThat(service.loadBalancer.whyEmpty()).hasValue("orders.svc has no endpoints: 0 endpoints");
    }

    private List<String> ids() {
        return service.loadBalancer.endpoints().stream()
                .map(status -> status.endpoint().id())
                .toList();
    }

    @Test
    void aLargeFirstListIsUsedAtOnce() {
        source.report(IntStream.range(0, 5_000)
                .mapToObj(i -> "10.0." + i / 250 + "." + i % 250 + ":80")
                .toArray(String[]::new));

        assertThat(service.attempt()).isNotNull();
    }

    @Test
    void aFirstListThatIsEmptyIsNews() {
        List<EndpointSource.Listener> source = new ArrayList<>();
        TestService service = TestService.over((listener, environment) -> {
            source.add(listener);
            return () -> {};
        });
        assertThat(service.loadBalancer.whyEmpty()).isEmpty();
        source.get(0).onEndpoints(List.of());
        assertThat(service.eventsOf(Event.Type.FRESH))
                .extracting(Event::detail)
                .containsExactly("the source's first list is empty");
        source.get(0).onEndpoints(List.of());
        assertThat(service.eventsOf(Event.Type.FRESH)).hasSize(1);
        assertThat(service.loadBalancer.whyEmpty())
                .hasValueSatisfying(why -> assertThat(why).startsWith("orders.svc has no endpoints"));
    }

    @Test
    void closingIsNewsOnce() {
        TestService service = TestService.of("10.0.0.1:80");
        service.loadBalancer.close();
        service.loadBalancer.close();
        assertThat(service.eventsOf(Event.Type.CLOSED)).hasSize(1);
        assertThat(service.loadBalancer.whyEmpty()).contains("orders.svc is closed");
    }

    @Test
    void theFirstListIsAwaitedUntilItIsThereThoughItBeEmpty() {
        for (String[] list : new String[][] {{A}, {}}) {
            ObservingSource late = new ObservingSource();
            TestService service = TestService.over(late);
            AtomicInteger told = new AtomicInteger();
            service.loadBalancer.firstList().thenRun(told::incrementAndGet);
            late.fail("SERVFAIL");
            service.advance(Duration.ofSeconds(4));
            assertThat(service.loadBalancer.isFirstListAwaited()).isTrue();
            assertThat(told).hasValue(0);
            late.report(list);
            service.advance(Duration.ZERO);
            assertThat(service.loadBalancer.isFirstListAwaited()).isFalse();
            assertThat(told).hasValue(1);
        }
    }

    @Test
    void theFirstListIsAwaitedForFiveSecondsAndNotLongerThanTheLoadBalancerIsOpen() {
        service.advance(Duration.ofMillis(4_999));
        assertThat(service.loadBalancer.isFirstListAwaited()).isTrue();
        service.advance(Duration.ofMillis(1));
        assertThat(service.loadBalancer.isFirstListAwaited()).isFalse();
        assertThat(service.loadBalancer.whyEmpty())
                .hasValue("orders.svc has no endpoints: no list yet, the source has not answered");

        TestService closed = TestService.over(new ObservingSource());
        closed.loadBalancer.close();
        assertThat(closed.loadBalancer.isFirstListAwaited()).isFalse();
        TestService impatient =
                TestService.over(new ObservingSource(), settings -> settings.firstListTimeout(Duration.ZERO));
        assertThat(impatient.loadBalancer.isFirstListAwaited()).isFalse();
    }

    @Test
    void aListThatIsThereFromTheStartIsNotAwaitedAndLeavesNoTimer() {
        TestService known = TestService.of(A);
        assertThat(known.loadBalancer.isFirstListAwaited()).isFalse();
        assertThat(known.loadBalancer.firstList().toCompletableFuture()).isCompleted();
        TestService empty = TestService.of();
        assertThat(empty.loadBalancer.isFirstListAwaited()).isFalse();
    }

    @Test
    void unknownIsNotEmptyAndNeitherIsFailing() {
        assertThatThrownBy(service::attempt)
                .hasMessage("orders.svc has no endpoints: no list yet, the source has not answered");
        source.fail("SERVFAIL");
        service.advance(Duration.ofSeconds(2));
        assertThatThrownBy(service::attempt)
                .isInstanceOf(NoEndpointException.class)
                .hasMessage("orders.svc has no endpoints: no list yet, the source has failed for 2.0 s (SERVFAIL)");
        source.report();
        assertThatThrownBy(service::attempt).hasMessage("orders.svc has no endpoints: 0 endpoints");
    }

    @Test
    void aFailingSourceLeavesTheLastGoodListInUseMarkedStale() {
        source.report(A, B);
        source.fail("SERVFAIL");
        service.advance(Duration.ofSeconds(90));
        source.fail("timeout");

        assertThat(ids()).containsExactly(A, B);
        assertThat(service.loadBalancer.describe()).contains("2 endpoints, STALE for 90.0 s (timeout)");
        assertThat(service.eventsOf(Event.Type.STALE)).hasSize(1);

        source.report(A, B);
        assertThat(service.eventsOf(Event.Type.FRESH)).hasSize(1);
        assertThat(service.loadBalancer.describe()).doesNotContain("STALE");
    }

    @Test
    void aSuddenlyEmptyListIsHeldForThirtySecondsAndThenHonoured() {
        source.report(A, B);
        source.report();
        service.advance(Duration.ofMillis(29_999));
        assertThat(ids()).containsExactly(A, B);
        assertThat(service.eventsOf(Event.Type.LIST_HELD)).hasSize(1);

        service.advance(Duration.ofMillis(1));
        assertThat(ids()).isEmpty();
    }

    @Test
    void anEmptyListThatIsRepeatedIsNotBelievedSooner() {
        source.report(A, B);
        for (int i = 0; i < 29; i++) {
            source.report();
            service.advance(Duration.ofSeconds(1));
        }
        assertThat(ids()).containsExactly(A, B);
    }

    @Test
    void aListThatRecoversInTimeWasNeverGone() {
        source.report(A, B);
        source.report();
        service.advance(Duration.ofSeconds(20));
        source.report(A, B);
        service.advance(Duration.ofSeconds(60));

        assertThat(ids()).containsExactly(A, B);
        assertThat(service.eventsOf(Event.Type.REMOVED)).isEmpty();
    }

    private static String[] servers(int count) {
        return IntStream.range(0, count).mapToObj(i -> "10.1.0." + i + ":80").toArray(String[]::new);
    }

    /** Reports the list every 100 ms, as an eager poller does. */
    private void poll(Duration duration, String... addresses) {
        for (long millis = 0; millis < duration.toMillis(); millis += 100) {
            source.report(addresses);
            service.advance(Duration.ofMillis(100));
        }
    }

    @Test
    void aListThatLostMoreThanHalfIsBelievedAfterTenSecondsHoweverOftenItIsReported() {
        source.report(servers(10));
        poll(Duration.ofMillis(9_900), servers(4));
        assertThat(ids()).hasSize(10);
        assertThat(service.eventsOf(Event.Type.LIST_HELD))
                .singleElement()
                .satisfies(event -> assertThat(event.detail()).contains("from 10 to 4", "10.0 s"));

        poll(Duration.ofMillis(200), servers(4));
        assertThat(ids()).containsExactly(servers(4));
    }

    @Test
    void aSourceThatReportsChangesOnlyIsBelievedAfterTheSameTime() {
        source.report(servers(10));
        source.report(servers(4));
        service.advance(Duration.ofMillis(9_999));
        assertThat(ids()).hasSize(10);

        service.advance(Duration.ofMillis(1));
        assertThat(ids()).containsExactly(servers(4));
    }

    @Test
    void aRegistryThatRestartsAndFillsUpAgainRemovesNothing() {
        source.report(servers(10));
        source.report();
        service.advance(Duration.ofMillis(100));
        for (int known = 1; known <= 10; known++) {
            poll(Duration.ofSeconds(3), servers(known));
        }

        assertThat(ids()).containsExactlyInAnyOrder(servers(10));
        assertThat(service.eventsOf(Event.Type.REMOVED)).isEmpty();
        assertThat(service.eventsOf(Event.Type.LIST_HELD)).hasSize(1);
        assertThat(service.loadBalancer.describe()).doesNotContain("holding back");
    }

    @Test
    void aListThatShrinksStepByStepIsHeldAsOneThatShrinksAtOnce() {
        source.report(servers(10));
        for (int left : new int[] {6, 3, 2, 1}) {
            source.report(servers(left));
            service.advance(Duration.ofSeconds(2));
        }
        assertThat(ids()).as("six were believed, as losing half is ordinary").hasSize(6);

        service.advance(Duration.ofMillis(7_999)); // ten seconds from where more than half went once more
        assertThat(ids()).hasSize(6);
        service.advance(Duration.ofMillis(1));
        assertThat(ids()).containsExactly(servers(1));
    }

    @Test
    void aSlowScaleDownIsFollowed() {
        source.report(servers(10));
        for (int left : new int[] {6, 3, 2, 1}) {
            service.advance(Duration.ofSeconds(31));
            source.report(servers(left));
            assertThat(ids()).hasSize(left);
        }
        assertThat(service.eventsOf(Event.Type.LIST_HELD)).isEmpty();
    }

    @Test
    void newEndpointsOfAHeldListAreUsedAtOnceAndThoseThatDrainThereDrain() {
        source.report(servers(10));
        listenersGet(Endpoint.of(A), Endpoint.of("10.1.0.0:80").withTerminating(true));

        assertThat(ids()).hasSize(11).contains(A);
        assertThat(service.picks(500)).contains(A, "10.1.0.9:80").doesNotContain("10.1.0.0:80");
        assertThat(service.eventsOf(Event.Type.REMOVED)).isEmpty();

        service.advance(Duration.ofSeconds(10));
        assertThat(ids()).containsExactlyInAnyOrder(A, "10.1.0.0:80");
    }

    @Test
    void whileTheSourceFailsNothingConfirmsWhatItSaidBefore() {
        source.report(servers(10));
        source.report();
        service.advance(Duration.ofSeconds(1));
        source.fail("connection refused");
        service.advance(Duration.ofMinutes(5));
        assertThat(ids()).hasSize(10);

        source.report();
        service.advance(Duration.ofMillis(28_999));
        assertThat(ids()).hasSize(10);
        service.advance(Duration.ofMillis(1));
        assertThat(ids()).isEmpty();
    }

    @Test
    void aPollerLeavesOneTimerAndNotOneForEachReport() {
        source.report(servers(10));
        source.report();
        service.advance(Duration.ZERO);
        int timers = service.time.pendingTasks();
        poll(Duration.ofSeconds(5));

        assertThat(service.time.pendingTasks()).isEqualTo(timers);
    }

    @Test
    void losingHalfIsOrdinary() {
        source.report(A, B, C, D);
        source.report(A, B);

        assertThat(ids()).containsExactly(A, B);
    }

    @Test
    void withoutAHoldEveryListIsBelievedAtOnce() {
        TestService trusting = TestService.over(source, settings -> settings.listHold(Duration.ZERO));
        source.report(A, B);
        source.report();

        assertThat(trusting.loadBalancer.endpoints()).isEmpty();
    }

    @Test
    void withoutMemoryAnEndpointThatComesBackIsNew() {
        TestService forgetful = TestService.over(source, settings -> settings.memory(Duration.ZERO));
        source.report(A, B, C);
        forgetful.picks(300);
        source.report(B, C);
        source.report(A, B, C);

        assertThat(forgetful.status(A).attempts()).isZero();
    }

    @Test
    void ordersAreObeyedAtOnce() {
        TestService ordered = TestService.of(A, B, C, D);
        ordered.source.set(List.of());

        assertThat(ordered.loadBalancer.endpoints()).isEmpty();
    }

    @Test
    void survivorsKeepTheirStateAndAWeightChangeIsAChange() {
        source.report(A, B);
        Attempt attempt = service.attemptAt(A);

        service.source.set(List.of());
        listenersGet(Endpoint.of(A).withWeight(3), Endpoint.of(B));

        assertThat(service.status(A).inFlight()).isEqualTo(1);
        assertThat(service.status(A).endpoint().weight()).isEqualTo(3);
        assertThat(service.eventsOf(Event.Type.CHANGED)).hasSize(1);
        attempt.complete(Outcome.SUCCESS);
        assertThat(service.status(A).inFlight()).isZero();
    }

    private void listenersGet(Endpoint... endpoints) {
        source.listeners.forEach(listener -> listener.onEndpoints(List.of(endpoints)));
    }

    @Test
    void theSameListAgainChangesNothing() {
        source.report(A, B);
        int before = service.events.size();
        source.report(A, B);

        assertThat(service.events).hasSize(before);
    }

    @Test
    void anEndpointThatComesBackWithinTenMinutesResumesWhatWasKnown() {
        source.report(A, B, C);
        service.picks(300);
        long attempts = service.status(A).attempts();
        assertThat(attempts).isPositive();

        source.report(B, C);
        service.advance(Duration.ofSeconds(599));
        source.report(A, B, C);
        assertThat(service.status(A).attempts()).isEqualTo(attempts);

        source.report(B, C);
        service.advance(Duration.ofSeconds(601));
        source.report(A, B, C);
        assertThat(service.status(A).attempts()).isZero();
    }

    @Test
    void theSameIdAtAnotherAddressIsAnotherServer() {
        listenersGet(Endpoint.of(A).withId("pod-1"));
        service.picks(10);
        listenersGet(Endpoint.of(B).withId("pod-1"));

        assertThat(service.status("pod-1").attempts()).isZero();
        assertThat(service.eventTypes()).contains(Event.Type.REMOVED);
        assertThat(service.attempt().endpoint().address()).isEqualTo(B);
    }

    @Test
    void duplicatesAreMergedWithAWarningAndTheLastOneCounts() {
        listenersGet(Endpoint.of(A), Endpoint.of(B), Endpoint.of(A).withWeight(5));

        assertThat(ids()).containsExactly(A, B);
        assertThat(service.status(A).endpoint().weight()).isEqualTo(5);
        assertThat(service.eventsOf(Event.Type.DUPLICATES))
                .singleElement()
                .satisfies(event -> assertThat(event.detail()).contains(A));
    }

    @Test
    void aHoleInAListIsLeftOutAndNamed() {
        source.report(A);
        source.listeners.forEach(listener -> listener.onEndpoints(Arrays.asList(Endpoint.of(B), null)));

        assertThat(ids()).containsExactly(B);
        assertThat(service.eventsOf(Event.Type.ENTRIES_LEFT_OUT))
                .singleElement()
                .hasToString("orders.svc: ENTRIES_LEFT_OUT – 1 entry left out (entry 2 is null)");
    }

    @Test
    void whatASourceLeavesOutIsSaidOnceAndCountedAsLongAsItLasts() {
        Omissions bad = Omissions.NONE.and("line 2: address 'b' is malformed").and("line 4: key 'k' is unknown");
        for (int i = 0; i < 3; i++) {
            source.listeners.forEach(listener -> listener.onEndpoints(List.of(Endpoint.of(A)), bad));
        }
        assertThat(ids()).containsExactly(A);
        assertThat(service.eventsOf(Event.Type.ENTRIES_LEFT_OUT))
                .singleElement()
                .satisfies(event -> assertThat(event.detail())
                        .isEqualTo(
                                "2 entries left out (line 2: address 'b' is malformed; line 4: key 'k' is unknown)"));
        assertThat(service.loadBalancer.describe()).contains("1 endpoints, 2 entries left out (line 2: address 'b'");

        source.report(A, B);
        assertThat(service.loadBalancer.describe()).doesNotContain("left out");
    }

    @Test
    void aListOfWhichNothingCanBeUsedIsAFailureAndNotEmpty() {
        source.report(A);
        source.listeners.forEach(listener -> listener.onEndpoints(List.of(), Omissions.NONE.and("line 1: bad")));

        assertThat(ids()).containsExactly(A);
        assertThat(service.eventsOf(Event.Type.STALE))
                .singleElement()
                .satisfies(event ->
                        assertThat(event.detail()).contains("nothing in the source's list can be used: line 1: bad"));
    }

    @Test
    void aRemovedEndpointGetsNothingNewAndItsLastAttemptEndsTheDrain() {
        source.report(A, B, C);
        Attempt running = service.attemptAt(A);
        source.report(B, C);

        assertThat(service.picks(100)).doesNotContain(A);
        assertThat(service.eventsOf(Event.Type.DRAINED)).isEmpty();
        running.complete(Outcome.SUCCESS);
        assertThat(service.eventsOf(Event.Type.DRAINED))
                .singleElement()
                .satisfies(event -> assertThat(event.endpoint()).isEqualTo(Endpoint.of(A)));
    }

    @Test
    void aTerminatingEndpointDrains() {
        listenersGet(Endpoint.of(A).withTerminating(true), Endpoint.of(B));

        assertThat(service.picks(20)).containsOnly(B);
        assertThat(service.status(A).availability().has(OutReason.DRAINING)).isTrue();
        listenersGet(Endpoint.of(A), Endpoint.of(B));
        assertThat(service.picks(100)).contains(A);
    }

    @Test
    void anEndpointOfWeightZeroDrainsAndIsNamed() {
        listenersGet(
                Endpoint.of(A).withWeight(0), Endpoint.of(B), Endpoint.of(C).withWeight(2));

        assertThat(service.picks(100)).containsOnly(B, C);
        assertThat(service.status(A).availability().has(OutReason.DRAINING)).isTrue();
        assertThat(service.eventsOf(Event.Type.UNAVAILABLE))
                .singleElement()
                .hasToString("orders.svc: UNAVAILABLE 10.0.0.1:80 – DRAINING: its weight is 0");

        listenersGet(
                Endpoint.of(A).withWeight(4), Endpoint.of(B), Endpoint.of(C).withWeight(2));
        assertThat(service.picks(200)).contains(A);
        assertThat(service.status(A).fairShare()).isEqualTo(4.0 / 7);
    }

    @Test
    void anEndpointWhoseWeightBecomesZeroFinishesWhatItHas() {
        source.report(A, B);
        Attempt running = service.attemptAt(A);
        listenersGet(Endpoint.of(A).withWeight(0), Endpoint.of(B));

        assertThat(service.picks(50)).containsOnly(B);
        assertThat(service.eventsOf(Event.Type.DRAINED)).isEmpty();
        running.complete(Outcome.SUCCESS);
        assertThat(service.eventsOf(Event.Type.DRAINED)).hasSize(1);
    }

    @Test
    void whereAllWeightsAreZeroNoneIsUsedAndThatIsSaid() {
        listenersGet(Endpoint.of(A).withWeight(0), Endpoint.of(B).withWeight(0));

        assertThatThrownBy(service::attempt)
                .hasMessage(
                        "orders.svc: none of 2 endpoints can be picked: 10.0.0.1:80 DRAINING, 10.0.0.2:80 DRAINING");
    }

    @Test
    void drainByHandHoldsUntilItIsTakenBackEvenIfTheEndpointFlaps() {
        source.report(A, B, C);
        service.loadBalancer.drain(A);
        source.report(B, C);
        source.report(A, B, C);
        assertThat(service.picks(100)).doesNotContain(A);

        service.loadBalancer.undrain(A);
        assertThat(service.picks(100)).contains(A);
    }

    @Test
    void everyEndpointDrainingIsExplained() {
        source.report(A);
        service.loadBalancer.drain(A);

        assertThatThrownBy(service::attempt)
                .hasMessage("orders.svc: none of 1 endpoints can be picked: 10.0.0.1:80 DRAINING");
    }

    @Test
    void drainingAnUnknownEndpointIsRefusedNamingTheKnown() {
        source.report(A);
        assertThatThrownBy(() -> service.loadBalancer.drain("10.9.9.9:80"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("10.9.9.9:80")
                .hasMessageContaining(A);
    }

    @Test
    void closingStopsTheSourceAndLaterCallsSaySo() {
        source.report(A);
        Attempt running = service.attempt();
        service.loadBalancer.close();
        service.loadBalancer.close();
        source.report(A, B);
        running.complete(Outcome.SUCCESS);

        assertThat(source.closed).isPositive();
        assertThatThrownBy(service::attempt).hasMessage("orders.svc is closed");
        assertThatThrownBy(() -> service.loadBalancer.awaitReady(Duration.ofHours(1)))
                .hasMessageContaining("orders.svc is closed");
    }

    @Test
    void aSourceThatThrowsAtTheStartFailsTheBuildByName() {
        EndpointSource broken = new EndpointSource() {
            @Override
            public Subscription subscribe(Listener listener, Environment environment) {
                throw new IllegalStateException("no such zone");
            }

            @Override
            public String toString() {
                return "broken source";
            }
        };
        assertThatThrownBy(() -> TestService.over(broken))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("orders.svc: the endpoint source broken source does not start: no such zone");
    }

    @Test
    void waitingToBeReadyEndsWithWhatIsMissing() {
        assertThatThrownBy(() -> service.loadBalancer.awaitReady(Duration.ofMillis(1)))
                .isInstanceOf(NoEndpointException.class)
                .hasMessage(
                        "not ready after 0.0 s: orders.svc has no endpoints: no list yet, the source has not answered");
        source.report(A);
        service.loadBalancer.awaitReady(Duration.ZERO);
    }

    @Test
    void timesLongerThanAClockCountsAreAsGoodAsForEver() {
        Duration forEver = Duration.ofSeconds(Long.MAX_VALUE);
        TestService patient = TestService.over(
                source,
                settings -> settings.listHold(forEver)
                        .memory(forEver)
                        .slowStart(new SlowStart(forEver, 0.1, 1, 0))
                        .connectBackoff(new ConnectBackoff(forEver, forEver))
                        .healthCheck(
                                target -> CompletableFuture.completedFuture(CheckResult.PASSED),
                                new CheckSchedule(forEver, Duration.ofSeconds(1), 3, 2, 32)));
        source.report(A, B, C);
        patient.loadBalancer.awaitReady(forEver);
        source.report();
        patient.refuse(A);
        patient.attemptAt(B).complete(Outcome.pushback("HTTP 503", forEver));
        assertThat(RequestInfo.IDEMPOTENT.withTimeout(forEver)).isEqualTo(RequestInfo.IDEMPOTENT);
        patient.advance(Duration.ofHours(2));

        assertThat(patient.loadBalancer.endpoints()).hasSize(3);
        assertThat(patient.status(A).availability().has(OutReason.CONNECT_FAILED))
                .isTrue();
    }

    @Test
    void waitingToBeReadyIsEndedByTheFirstList() throws InterruptedException {
        Thread waiter = new Thread(() -> service.loadBalancer.awaitReady(Duration.ofMinutes(5)));
        waiter.start();
        source.report(A);
        waiter.join(Duration.ofMinutes(1).toMillis());
        assertThat(waiter.isAlive()).isFalse();
    }
}
