package dev.evenkeel.lb.okhttp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.LoadBalancerBuilder;
import dev.evenkeel.lb.call.Outcome.Kind;
import dev.evenkeel.lb.endpoint.Availability;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.OutReason;
import dev.evenkeel.lb.health.ConnectBackoff;
import dev.evenkeel.lb.health.DetectorMode;
import dev.evenkeel.lb.health.EjectionTime;
import dev.evenkeel.lb.health.OutlierDetection;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.policy.LoadMetric;
import dev.evenkeel.lb.retry.RetryBudget;
import dev.evenkeel.lb.retry.RetryPolicy;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;
import mockwebserver3.MockResponse;
import mockwebserver3.SocketEffect;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * One of four servers breaks under load, each time in another way. Every story is also told without what protects callers, and then
 * misses the mark.
 */
class SocketFaultsTest {
    private static final int SERVERS = 4;
    private static final int CALLERS = 16;

    /** A quarter of the callers: what the bad one gets when everybody is treated alike. */
    private static final int FAIR = CALLERS / SERVERS;

    private static final Duration PATIENCE = Duration.ofMinutes(1);

    @RegisterExtension
    private final Fleet fleet = new Fleet();

    private final Executed executed = new Executed();
    private final Crowd crowd = new Crowd(fleet, CALLERS);
    private final List<Server> servers = new ArrayList<>();
    private volatile Duration readTimeout = PATIENCE; // written by the test

    /** The defaults of production; tests of the adapter have others. */
    private static LoadBalancerBuilder protect(LoadBalancerBuilder lb) {
        return lb.policy(LoadBalancingPolicy.leastLoaded(LoadMetric.PEAK_EWMA))
                .retryBudget(RetryBudget.Settings.DEFAULT);
    }

    private static LoadBalancerBuilder protectAtOnce(LoadBalancerBuilder lb) {
        return protect(lb).environment(new StoppedClock().environment());
    }

    /** Everybody in turn, whatever happens, and once. */
    private static LoadBalancerBuilder expose(LoadBalancerBuilder lb) {
        return lb.policy(LoadBalancingPolicy.roundRobin())
                .retry(RetryPolicy.NONE)
                .retryBudget(RetryBudget.Settings.DEFAULT)
                .outliers(OutlierDetection.DEFAULT.withMode(DetectorMode.OFF));
    }

    /** Four servers that have answered everybody; the first is the one to break. */
    private Server start(UnaryOperator<LoadBalancerBuilder> balancing) {
        return start(balancing, Duration.ofSeconds(1));
    }

    /** The read timeout holds from when they have answered: none is too late before. */
    private Server start(UnaryOperator<LoadBalancerBuilder> balancing, Duration newReadTimeout) {
        fleet.balancing(balancing)
                .client(c -> crowd.watch(c)
                        .addInterceptor(
                                chain -> chain.withReadTimeout((int) readTimeout.toMillis(), TimeUnit.MILLISECONDS)
                                        .proceed(chain.request())));
        for (int i = 0; i < SERVERS; i++) {
            servers.add(fleet.add(executed.then(() -> fine(5))));
        }
        crowd.make(100);
        assertThat(crowd.failed(told -> true)).isEmpty();
        readTimeout = newReadTimeout;
        return servers.get(0);
    }

    /** Headers alone: an answer that breaks off in its body has reached its caller, and is told and not repeated. */
    private static MockResponse fine(int millis) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(millis));
        return Server.headersAlone();
    }

    private long attemptsThatFailedAt(Endpoint endpoint) {
        return fleet.samples().stream()
                .filter(sample -> sample.endpoint().equals(endpoint) && sample.kind() != Kind.SUCCESS)
                .count();
    }

    private Availability availability(Endpoint endpoint) {
        return fleet.loadBalancer().endpoints().stream()
                .filter(status -> status.endpoint().equals(endpoint))
                .findFirst()
                .orElseThrow()
                .availability();
    }

    // Killed: what is in flight breaks, and the port refuses.

    @Test
    void killedServerFailsNoGetAndAtMostOnePostForEachOfItsConnections() {
        Server victim = start(SocketFaultsTest::protect);
        killUnderLoad(victim);
        assertThat(crowd.failedGets()).isEmpty();
        assertThat(crowd.failed(Crowd.Told::wasNotSent)).isEmpty();
        assertThat(crowd.failedPosts()).hasSizeLessThanOrEqualTo(CALLERS); // who have a connection each at most
        assertThat(attemptsThatFailedAt(victim.endpoint()))
                .as("one for each connection, one for each caller who finds it closed, and some that look again")
                .isLessThanOrEqualTo(3 * CALLERS);
        crowd.assertExecutedOnce(executed);
        crowd.assertNothingIsLeftBehind();
    }

    @Test
    void withoutRetriesTheKilledServerRefusesCallers() {
        killUnderLoad(start(SocketFaultsTest::expose));
        assertThat(crowd.failed(Crowd.Told::wasNotSent)).isNotEmpty();
        crowd.assertExecutedOnce(executed);
        crowd.assertNothingIsLeftBehind();
    }

    @Test
    void withoutAPauseTheKilledServerIsTriedAllTheTime() {
        Server victim =
                start(lb -> protect(lb).connectBackoff(new ConnectBackoff(Duration.ofNanos(1), Duration.ofNanos(1))));
        fleet.kill(victim);
        crowd.begin(Integer.MAX_VALUE / 2);
        Until.until("it was tried too often", () -> attemptsThatFailedAt(victim.endpoint()) > 3 * CALLERS);
        crowd.stop();
        crowd.assertNothingIsLeftBehind();
    }

    private void killUnderLoad(Server victim) {
        crowd.begin(700);
        crowd.awaitMore(100);
        fleet.kill(victim);
        crowd.await();
    }

    // Black hole: it accepts, and never answers.

    @Test
    void blackHoleHoldsFewCallersOnceItIsFound() {
        Server hole = start(SocketFaultsTest::protect);
        crowd.begin(Integer.MAX_VALUE / 2);
        swallow(hole);
        Until.until("somebody has waited in vain", () -> attemptsThatFailedAt(hole.endpoint()) > 0);
        crowd.awaitMore(CALLERS);
        int before = hole.requests().size();
        crowd.watch(hole.endpoint());
        crowd.awaitMore(400);
        crowd.stop();
        assertThat(hole.requests().size() - before)
                .as("2 % of 400, where 100 are fair")
                .isLessThanOrEqualTo(8);
        assertThat(crowd.mostWaiting()).isLessThanOrEqualTo(FAIR);
        assertThat(crowd.failedGets()).isEmpty();
        crowd.assertExecutedOnce(executed);
        crowd.assertNothingIsLeftBehind();
    }

    @Test
    void withoutProtectionTheBlackHoleHoldsNearlyEverybody() {
        Server hole = start(SocketFaultsTest::expose, Duration.ofMillis(400));
        swallow(hole);
        crowd.watch(hole.endpoint());
        crowd.make(SERVERS * CALLERS + CALLERS);
        assertThat(crowd.mostWaiting()).isGreaterThan(CALLERS / 2);
        assertThat(crowd.failedGets()).isNotEmpty();
        crowd.assertNothingIsLeftBehind();
    }

    private void swallow(Server server) {
        server.behave(executed.then(() -> new MockResponse.Builder()
                .onResponseStart(SocketEffect.Stall.INSTANCE)
                .build()));
    }

    // A black hole that does not even accept: the queue of connections is full.

    @Test
    void serverThatDoesNotAcceptCostsNoCallWhateverItsMethod() throws IOException {
        try (FullServer full = FullServer.open()) {
            startBeside(full, SocketFaultsTest::protect);
            crowd.make(400);
            assertThat(crowd.failed(told -> true)).isEmpty();
            assertThat(attemptsThatFailedAt(full.endpoint())).isBetween(1L, 2L * CALLERS);
            crowd.assertExecutedOnce(executed);
            crowd.assertNothingIsLeftBehind();
        }
    }

    @Test
    void withoutRetriesTheServerThatDoesNotAcceptFailsCallers() throws IOException {
        try (FullServer full = FullServer.open()) {
            startBeside(full, SocketFaultsTest::expose);
            crowd.make(100);
            assertThat(crowd.failed(Crowd.Told::wasNotSent)).isNotEmpty();
            crowd.assertNothingIsLeftBehind();
        }
    }

    private void startBeside(FullServer full, UnaryOperator<LoadBalancerBuilder> balancing) {
        fleet.balancing(balancing).client(c -> crowd.watch(c).connectTimeout(Duration.ofMillis(400)));
        fleet.source().put(full.endpoint());
        for (int i = 1; i < SERVERS; i++) {
            servers.add(fleet.add(executed.then(() -> fine(5))));
        }
    }

    // Instant failure: it answers 503 while the others still work. On the load balancer's clock no answer takes any
    // time:
    // on a busy machine a 503 may be as late as an answer from a queue, and a server with a queue is not judged at
    // once.

    @Test
    void instantFailureAttractsNothing() {
        Server bad = start(SocketFaultsTest::protectAtOnce);
        int before = bad.requests().size();
        bad.behave(request -> Server.status(503));
        crowd.make(800);
        int asked = bad.requests().size() - before;
        assertThat(asked)
                .as("5 in a row, and what was on its way: 2.6 % of 800")
                .isLessThanOrEqualTo(5 + CALLERS);
        assertThat(crowd.failedGets()).isEmpty();
        assertThat(crowd.failedPosts()).as("by rule").hasSizeLessThanOrEqualTo(asked);
        crowd.assertNothingIsLeftBehind();
    }

    @Test
    void instantFailureIsFoundByTheDetectorsAlone() {
        Server bad = start(lb -> protectAtOnce(lb).policy(LoadBalancingPolicy.roundRobin()));
        crowd.begin(Integer.MAX_VALUE / 2);
        bad.behave(request -> Server.status(503));
        Until.until(
                "it is ejected", () -> availability(bad.endpoint()).reasons().equals(Set.of(OutReason.EJECTED)));
        crowd.awaitMore(CALLERS); // those that were on their way
        int before = bad.requests().size();
        crowd.awaitMore(400);
        crowd.stop();
        assertThat(bad.requests()).hasSize(before);
        assertThat(crowd.failedGets()).isEmpty();
        crowd.assertNothingIsLeftBehind();
    }

    @Test
    void withoutProtectionInstantFailureKeepsItsShare() {
        Server bad = start(SocketFaultsTest::expose);
        int before = bad.requests().size();
        bad.behave(request -> Server.status(503));
        crowd.make(800);
        assertThat(bad.requests().size() - before).isBetween(190, 210);
        assertThat(crowd.failedGets()).hasSizeGreaterThan(50);
        crowd.assertNothingIsLeftBehind();
    }

    // Slow: ten times as long as the others.

    @Test
    void slowServerGetsLessThanHalfOfItsShare() {
        Server slow = start(SocketFaultsTest::protect);
        assertThat(shareOfSlow(slow)).isLessThan(50);
        assertThat(crowd.failed(told -> true)).isEmpty();
        crowd.assertNothingIsLeftBehind();
    }

    @Test
    void withoutProtectionTheSlowServerKeepsItsShare() {
        Server slow = start(SocketFaultsTest::expose);
        assertThat(shareOfSlow(slow)).isBetween(90, 110);
        crowd.assertNothingIsLeftBehind();
    }

    /** Returns how many of 400 requests it gets; 100 are fair. */
    private int shareOfSlow(Server slow) {
        servers.forEach(server -> server.behave(executed.then(() -> fine(10))));
        slow.behave(executed.then(() -> fine(100)));
        crowd.make(100);
        int before = slow.requests().size();
        crowd.make(400);
        return slow.requests().size() - before;
    }

    // Frozen, as by SIGSTOP: what it was sent lies there until it goes on.

    @Test
    void frozenServerIsLeftAndComesBackWhenItGoesOn() {
        OutlierDetection quick = OutlierDetection.DEFAULT.with(
                new EjectionTime(Duration.ofMillis(300), Duration.ofMillis(600), Duration.ZERO, 0.3));
        Server frozen =
                start(lb -> protect(lb).policy(LoadBalancingPolicy.roundRobin()).outliers(quick));
        CountDownLatch goOn = new CountDownLatch(1);
        crowd.begin(Integer.MAX_VALUE / 2);
        freeze(frozen, goOn);
        Until.until("it is ejected", () -> availability(frozen.endpoint()).has(OutReason.EJECTED));
        crowd.awaitMore(50);
        crowd.stop();
        goOn.countDown();
        readTimeout = PATIENCE;
        assertThat(crowd.failedGets()).isEmpty();
        Until.until("it is back", () -> availability(frozen.endpoint()).isAvailable());
        int before = frozen.requests().size();
        int failedBefore = crowd.failedPosts().size();
        crowd.make(200);
        assertThat(frozen.requests().size() - before).as("50 are fair").isBetween(43, 57);
        assertThat(crowd.failedPosts()).hasSize(failedBefore);
        crowd.assertExecutedOnce(executed);
        crowd.assertNothingIsLeftBehind();
    }

    @Test
    void withoutRetriesGetsFailAtTheFrozenServer() {
        CountDownLatch goOn = new CountDownLatch(1);
        freeze(start(SocketFaultsTest::expose, Duration.ofMillis(400)), goOn);
        crowd.make(5 * CALLERS);
        goOn.countDown();
        assertThat(crowd.failedGets()).isNotEmpty();
        crowd.assertNothingIsLeftBehind();
    }

    private void freeze(Server server, CountDownLatch goOn) {
        server.behave(request -> {
            try {
                goOn.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            executed.execute(request);
            return Server.ok("fine");
        });
    }
}
