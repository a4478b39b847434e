package dev.evenkeel.lb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.evenkeel.lb.call.Destination;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.call.RequestKey;
import dev.evenkeel.lb.call.Session;
import dev.evenkeel.lb.call.Subset;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.OutReason;
import dev.evenkeel.lb.locality.MetadataSubsets;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.policy.LoadMetric;
import dev.evenkeel.lb.policy.Node;
import dev.evenkeel.lb.policy.PickContext;
import dev.evenkeel.lb.retry.Hedging;
import dev.evenkeel.lb.retry.RetryDecision;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Requests of a session stay where it lives; with round robin, so that no two would go there by chance. */
class SessionsTest {
    private static final String A = "10.0.0.1:80";
    private static final String B = "10.0.0.2:80";
    private static final String C = "10.0.0.3:80";
    private static final String D = "10.0.0.4:80";
    private static final String SECRET = "correct horse battery staple";
    private static final Duration TTL = StickySessions.DEFAULT.ttl();

    private TestService service = of(sticky -> sticky);

    private static TestService of(UnaryOperator<StickySessions> settings) {
        return with(lb -> lb, settings, A, B, C);
    }

    private static TestService with(
            UnaryOperator<LoadBalancerBuilder> lb, UnaryOperator<StickySessions> settings, String... addresses) {
        return TestService.with(
                builder -> lb.apply(builder.policy(LoadBalancingPolicy.roundRobin())
                        .subsets(MetadataSubsets.by("role"))
                        .stickySessions(settings.apply(StickySessions.DEFAULT))),
                addresses);
    }

    /** The two ways in which a session says where it lives. */
    enum Kind {
        KEYED,
        TOLD
    }

    private static RequestInfo requestOf(Session session) {
        return RequestInfo.IDEMPOTENT.withDestination(Destination.ANY.withSession(session));
    }

    private Attempt begin(Session session) {
        return service.loadBalancer.newCall(requestOf(session)).nextAttempt();
    }

    private String ask(Session session) {
        Attempt attempt = begin(session);
        attempt.complete(Outcome.SUCCESS);
        return attempt.endpoint().id();
    }

    private String ask(String session) {
        return ask(Session.of(session));
    }

    private Sessions sessions() {
        Sessions sessions = service.loadBalancer.sessions();
        assertThat(sessions).isNotNull();
        return sessions;
    }

    private Session sessionAt(String id, Kind kind) {
        if (kind == Kind.TOLD) {
            return tokenOf(id);
        }
        sessions().begin(RequestKey.of("at " + id), Endpoint.of(id));
        return Session.of("at " + id);
    }

    private Session tokenOf(String id) {
        String token = sessions().token(Endpoint.of(id));
        assertThat(token).isNotNull();
        return Session.ofToken(token);
    }

    private void eject(String id) {
        for (int i = 0; i < 5; i++) {
            Attempt attempt = begin(tokenOf(id));
            attempt.complete(Outcome.of(Outcome.Kind.FAILED, "HTTP 500"));
        }
        assertThat(service.status(id).availability().has(OutReason.EJECTED)).isTrue();
    }

    /** Returns where so many sessions go that begin now. */
    private Set<String> homesOf(int newSessions) {
        Set<String> homes = new HashSet<>();
        for (int i = 0; i < newSessions; i++) {
            homes.add(ask("new session " + i));
        }
        return homes;
    }

    /** Returns where three requests of a session go, one after the other. */
    private Set<String> homesOf(Session session) {
        Set<String> homes = new HashSet<>();
        for (int i = 0; i < 3; i++) {
            homes.add(ask(session));
        }
        return homes;
    }

    @Test
    void aSessionLivesWhereItIsFirstAnsweredWell() {
        Attempt failed = begin(Session.of("s"));
        failed.complete(Outcome.of(Outcome.Kind.FAILED, "HTTP 500"));
        String home = ask("s");

        assertThat(home).as("it fails there").isNotEqualTo(failed.endpoint().id());
        for (int i = 0; i < 10; i++) {
            assertThat(ask("s")).isEqualTo(home);
        }
        assertThat(sessions().size()).isOne();
        assertThat(service.loadBalancer.describe()).contains(", 1 sessions");
    }

    /** Returns how many of so many new sessions begin at each endpoint, of which some are slower than others. */
    private Map<String, Integer> begun(int newSessions, Kind kind, Map<String, Duration> latencies) {
        Map<String, Integer> begun = new TreeMap<>();
        for (int i = 0; i < newSessions; i++) {
            Attempt attempt = begin(kind == Kind.TOLD ? Session.beginning() : Session.of("new " + i));
            service.advance(latencies.getOrDefault(attempt.endpoint().id(), Duration.ofMillis(5)));
            attempt.complete(Outcome.SUCCESS);
            begun.merge(attempt.endpoint().id(), 1, Integer::sum);
        }
        return begun;
    }

    @ParameterizedTest
    @EnumSource
    void sessionsBeginWhereThereAreFewestThoughThePolicyPrefersWhatIsFaster(Kind kind) {
        service = with(
                lb -> lb.policy(LoadBalancingPolicy.leastLoaded(LoadMetric.PEAK_EWMA)), sticky -> sticky, A, B, C, D);
        assertThat(begun(100, kind, Map.of(A, Duration.ofMillis(40), B, Duration.ofMillis(20))))
                .hasSize(4)
                .allSatisfy((id, sessions) -> assertThat(sessions).isBetween(22, 28));
    }

    @Test
    void sessionsFollowWeights() {
        service.source.set(List.of(
                Endpoint.of(A).withWeight(3),
                Endpoint.of(B).withWeight(1),
                Endpoint.of(C).withWeight(1)));
        assertThat(begun(500, Kind.KEYED, Map.of()).get(A)).isBetween(270, 330);
    }

    @ParameterizedTest
    @EnumSource
    void aSessionDoesNotBeginWhereAnswersTakeFarLonger(Kind kind) {
        Map<String, Duration> slow = Map.of(A, Duration.ofSeconds(2));
        begun(10, kind, slow);
        assertThat(begun(50, kind, slow).getOrDefault(A, 0)).isLessThanOrEqualTo(1);
    }

    @Test
    void attemptsThatFailAreNoSessionsSoTheEndpointGetsItsPartWhenItIsWellAgain() {
        service.source.set(List.of(Endpoint.of(A), Endpoint.of(B)));
        for (int i = 0; i < 100; i++) {
            begin(Session.of("failed " + i)).complete(Outcome.CANCELLED);
        }
        service.source.put(Endpoint.of(C));
        assertThat(begun(60, Kind.KEYED, Map.of()).get(C)).isLessThan(30);
    }

    @Test
    void anEndpointThatLosesItsSessionsIsFilledAgainAndNotAvoidedForThem() {
        for (int i = 0; i < 90; i++) {
            ask("s" + i);
        }
        eject(A);
        for (int i = 0; i < 90; i++) {
            ask("s" + i);
        }
        service.advance(Duration.ofMinutes(2));
        assertThat(service.status(A).availability().isAvailable()).isTrue();

        assertThat(begun(60, Kind.KEYED, Map.of()).get(A)).isGreaterThanOrEqualTo(34);
    }

    @Test
    void aKeyThatThePolicyLooksAtDecidesWhereItsSessionBegins() {
        service = with(lb -> lb.policy(LoadBalancingPolicy.ringHash()), sticky -> sticky, A, B, C);
        Set<String> homes = new HashSet<>();
        for (int i = 0; i < 30; i++) {
            Destination destination =
                    Destination.ANY.withKey(RequestKey.of("tenant")).withSession(Session.of("s" + i));
            Attempt attempt = service.loadBalancer
                    .newCall(RequestInfo.IDEMPOTENT.withDestination(destination))
                    .nextAttempt();
            attempt.complete(Outcome.SUCCESS);
            homes.add(attempt.endpoint().id());
        }
        assertThat(homes).hasSize(1);
    }

    @Test
    void callsOfASessionAreNotHedged() {
        service = with(lb -> lb.hedging(new Hedging(0.95, Duration.ofMillis(10), 0.1)), sticky -> sticky, A, B, C);
        for (int i = 0; i < 2_000; i++) {
            Attempt attempt = service.attempt();
            service.advance(Duration.ofMillis(1));
            attempt.complete(Outcome.SUCCESS);
        }
        BalancedCall ordinary = service.call();
        ordinary.nextAttempt();
        BalancedCall first = service.loadBalancer.newCall(requestOf(Session.of("s")));
        first.nextAttempt();
        assertThat(first.hedgeDelayNanos()).isEqualTo(BalancedCall.NEVER);
        service.advance(Duration.ofMillis(50));

        assertThat(ordinary.hedge()).as("an ordinary call's").isNotNull();
        assertThat(first.hedge()).isNull();
    }

    @Test
    void aSessionLivesWhereTheFirstAnswerCameFromAndALaterOneDoesNotMoveIt() {
        service = with(lb -> lb.attemptTimeout(Duration.ofMillis(100)), sticky -> sticky, A, B, C);
        BalancedCall call = service.loadBalancer.newCall(requestOf(Session.of("s")));
        Attempt hangs = call.nextAttempt();
        service.advance(Duration.ofMillis(100));
        Attempt replacing = call.hedge();
        assertThat(replacing).isNotNull();
        replacing.complete(Outcome.SUCCESS);
        hangs.complete(Outcome.SUCCESS);

        assertThat(ask("s")).isEqualTo(replacing.endpoint().id());
    }

    @ParameterizedTest
    @EnumSource
    void whileItsEndpointAsksForAPauseASessionGoesByThePolicyAndThenReturns(Kind kind) {
        Session session = sessionAt(A, kind);
        begin(session).complete(Outcome.pushback("HTTP 503", Duration.ofMinutes(2)));

        assertThat(homesOf(session)).as("round robin").containsExactlyInAnyOrder(A, B, C);
        service.advance(Duration.ofSeconds(31));
        assertThat(homesOf(session)).containsExactly(A);
    }

    @ParameterizedTest
    @EnumSource
    void whereAllAskForAPauseSessionsStayWhereTheyAre(Kind kind) {
        Session session = sessionAt(A, kind);
        for (String id : List.of(A, B, C)) {
            begin(tokenOf(id)).complete(Outcome.pushback("HTTP 503", Duration.ofMinutes(2)));
        }

        assertThat(homesOf(session)).containsExactly(A);
    }

    @Test
    void aSessionDoesNotExpireWhileItsEndpointAsksForAPause() {
        service = of(sticky -> sticky.withTtl(Duration.ofSeconds(3)));
        sessionAt(A, Kind.KEYED);
        Session session = Session.of("at " + A);
        begin(session).complete(Outcome.pushback("HTTP 503", Duration.ofMinutes(2)));
        for (int i = 0; i < 16; i++) { // every third at its own endpoint, which is too seldom
            ask(session);
            service.advance(Duration.ofSeconds(2));
        }

        assertThat(homesOf(session)).containsExactly(A);
    }

    @Test
    void anAnswerThatRefusesARequestBeginsNoSessionAndMovesNone() {
        Session session = Session.of("s");
        Outcome refusal = Outcome.of(Outcome.Kind.REJECTED, "HTTP 401");
        begin(session).complete(refusal);
        assertThat(sessions().size()).isZero();

        String home = ask(session);
        eject(home);
        Attempt elsewhere = begin(session);
        elsewhere.complete(refusal);
        assertThat(elsewhere.endpoint().id()).isNotEqualTo(home);
        assertThat(sessions().size()).as("it lives nowhere").isZero();
    }

    @Test
    void anAnswerThatRefusesARequestKeepsItsSessionAlive() {
        Session session = Session.of("s");
        String home = ask(session);
        for (int i = 0; i < 5; i++) {
            service.advance(TTL.multipliedBy(3).dividedBy(4));
            begin(session).complete(Outcome.of(Outcome.Kind.REJECTED, "HTTP 404"));
        }

        assertThat(homesOf(session)).containsExactly(home);
    }

    @ParameterizedTest
    @EnumSource
    void everyRequestOfASessionGoesWhereItLives(Kind kind) {
        Session session = sessionAt(B, kind);
        for (int i = 0; i < 10; i++) {
            assertThat(ask(session)).isEqualTo(B);
        }
    }

    @Test
    void aSessionThatTheServerBeganLivesThereWhereverItWasBefore() {
        sessions().begin(RequestKey.of("s"), Endpoint.of(A));
        sessions().begin(RequestKey.of("s"), Endpoint.of(C));
        assertThat(ask("s")).isEqualTo(C);
    }

    @Test
    void anEndpointThatIsNotInTheListGetsNoSessions() {
        sessions().begin(RequestKey.of("s"), Endpoint.of("10.0.0.9:80"));
        assertThat(sessions().find(Session.of("s"))).isNull();
        assertThat(sessions().size()).isZero();
    }

    @Test
    void ejectionBreaksASessionAndItDoesNotGoBack() {
        Session session = sessionAt(A, Kind.KEYED);
        eject(A);
        String refuge = ask(session);
        assertThat(refuge).isNotEqualTo(A);

        service.advance(Duration.ofMinutes(5));
        assertThat(service.status(A).availability().isAvailable()).isTrue();
        for (int i = 0; i < 10; i++) {
            assertThat(ask(session)).isEqualTo(refuge);
        }
    }

    @Test
    void aLateAnswerOfAnEjectedEndpointDoesNotLeadItsSessionsBack() {
        Session session = sessionAt(A, Kind.KEYED);
        Attempt slow = begin(session);
        eject(A);
        Attempt elsewhere = begin(session);
        slow.complete(Outcome.SUCCESS);
        service.advance(Duration.ofMinutes(5));
        assertThat(sessions().find(session)).as("it lives nowhere").isNull();
        elsewhere.complete(Outcome.SUCCESS);
        assertThat(ask(session)).isEqualTo(elsewhere.endpoint().id()).isNotEqualTo(A);
    }

    @ParameterizedTest
    @EnumSource
    void aRefusedConnectionBreaksASession(Kind kind) {
        Session session = sessionAt(A, kind);
        begin(session).complete(TestService.REFUSED);
        assertThat(ask(session)).isNotEqualTo(A);
    }

    @Test
    void aSessionIsNotSentToTrySomebodyWhoWasOut() {
        Session session = sessionAt(B, Kind.KEYED);
        service.refuse(A);
        service.advance(Duration.ofSeconds(2));
        Attempt attempt = begin(session);
        assertThat(attempt.endpoint().id()).isEqualTo(B);
        assertThat(attempt.isProbe()).isFalse();
        assertThat(service.attempt().isProbe())
                .as("the next ordinary request is")
                .isTrue();
    }

    @Test
    void whereMostEndpointsAreOutASessionStaysWithOneThatIsUsedAllTheSame() {
        service = with(lb -> lb.panicThreshold(1), sticky -> sticky, A, B, C);
        Session session = sessionAt(A, Kind.KEYED);
        eject(A);
        assertThat(ask(session)).isEqualTo(A);
    }

    @ParameterizedTest
    @EnumSource
    void anEndpointWithoutRoomBreaksASession(Kind kind) {
        service = with(lb -> lb.maxInFlightPerEndpoint(1), sticky -> sticky, A, B, C);
        Session session = sessionAt(A, kind);
        Attempt first = begin(session);
        Attempt second = begin(session);
        assertThat(second.endpoint().id()).isNotEqualTo(A);
        second.complete(Outcome.SUCCESS);
        first.complete(Outcome.SUCCESS);
        if (kind == Kind.KEYED) {
            assertThat(ask(session)).as("it moved").isEqualTo(second.endpoint().id());
        }
    }

    @ParameterizedTest
    @EnumSource
    void anEndpointThatDrainsKeepsItsSessionsUntilTheirTimeIsOver(Kind kind) {
        Session session = sessionAt(A, kind);
        service.loadBalancer.drain(A);
        assertThat(homesOf(20)).as("new sessions go elsewhere").containsExactlyInAnyOrder(B, C);

        for (int minute = 0; minute < TTL.toMinutes(); minute++) {
            assertThat(ask(session)).as("in minute " + minute).isEqualTo(A);
            service.advance(Duration.ofMinutes(1));
        }
        String next = ask(session);
        assertThat(next).isNotEqualTo(A);
        if (kind == Kind.KEYED) {
            assertThat(ask(session)).isEqualTo(next);
        }
    }

    @Test
    void whoeverDrainsWhileNobodyElseIsThereStillKeepsItsSessions() {
        Session session = sessionAt(A, Kind.KEYED);
        List.of(A, B, C).forEach(service.loadBalancer::drain);
        assertThat(ask(session)).isEqualTo(A);
        assertThatThrownBy(() -> ask("another")).isInstanceOf(NoEndpointException.class);
    }

    @Test
    void anEndpointHasDrainedWhenTheTimeOfItsSessionsIsOver() {
        Session session = sessionAt(A, Kind.KEYED);
        service.loadBalancer.drain(A);
        ask(session);
        assertThat(service.eventsOf(Event.Type.DRAINED)).isEmpty();
        service.advance(TTL.minusSeconds(1));
        assertThat(service.eventsOf(Event.Type.DRAINED)).isEmpty();
        service.advance(Duration.ofSeconds(1));
        assertThat(service.eventsOf(Event.Type.DRAINED))
                .singleElement()
                .satisfies(event -> assertThat(event.endpoint()).isEqualTo(Endpoint.of(A)));
    }

    @Test
    void withoutSessionsAnEndpointHasDrainedAtOnce() {
        service = TestService.of(A, B);
        service.loadBalancer.drain(A);
        assertThat(service.eventsOf(Event.Type.DRAINED)).hasSize(1);
    }

    @Test
    void aDrainTakenBackBeginsAnewWithTheNext() {
        Session session = sessionAt(A, Kind.TOLD);
        service.loadBalancer.drain(A);
        service.advance(TTL.minusSeconds(1));
        service.loadBalancer.undrain(A);
        assertThat(ask(session)).isEqualTo(A);
        service.loadBalancer.drain(A);
        service.advance(Duration.ofSeconds(2));
        assertThat(ask(session)).isEqualTo(A);
        assertThat(service.eventsOf(Event.Type.DRAINED)).isEmpty();
    }

    @Test
    void noTimerOutlivesTheLoadBalancer() {
        int before = service.time.pendingTasks();
        service.loadBalancer.drain(A);
        service.loadBalancer.undrain(A);
        assertThat(service.time.pendingTasks()).isEqualTo(before);
        service.loadBalancer.drain(A);
        assertThat(service.time.pendingTasks()).isEqualTo(before + 1);
        service.loadBalancer.close();
        assertThat(service.time.pendingTasks()).isLessThanOrEqualTo(before);
    }

    @Test
    void anEndpointThatDiscoveryCallsTerminatingKeepsItsSessionsToo() {
        Session session = sessionAt(A, Kind.KEYED);
        service.source.put(Endpoint.of(A).withTerminating(true));
        assertThat(homesOf(20)).containsExactlyInAnyOrder(B, C);
        assertThat(ask(session)).isEqualTo(A);
    }

    @ParameterizedTest
    @EnumSource
    void anEndpointWhoseWeightBecomesZeroKeepsItsSessionsToo(Kind kind) {
        Session session = sessionAt(A, kind);
        service.source.put(Endpoint.of(A).withWeight(0));
        assertThat(homesOf(20)).containsExactlyInAnyOrder(B, C);
        assertThat(ask(session)).isEqualTo(A);
    }

    @ParameterizedTest
    @EnumSource
    void anEndpointThatLeftTheListHasNoSessionsAnyMore(Kind kind) {
        Session session = sessionAt(A, kind);
        service.loadBalancer.drain(A);
        service.source.remove(A);
        assertThat(ask(session)).isNotEqualTo(A);
        assertThat(service.eventsOf(Event.Type.DRAINED)).hasSize(1);
    }

    @Test
    void aSessionMovedWhileItsEndpointWasAwayStaysWhereItIs() {
        Session session = sessionAt(A, Kind.KEYED);
        service.source.remove(A);
        String refuge = ask(session);
        service.source.put(Endpoint.of(A));
        assertThat(ask(session)).isEqualTo(refuge).isNotEqualTo(A);
    }

    @ParameterizedTest
    @EnumSource
    void aSessionSurvivesListsWeightsAndAnEndpointThatFlaps(Kind kind) {
        Session session = sessionAt(A, kind);
        service.source.put(Endpoint.of("10.0.0.4:80"));
        service.source.remove(B);
        service.source.put(Endpoint.of(A).withWeight(5));
        service.source.remove(A);
        service.source.put(Endpoint.of(A));
        assertThat(ask(session)).isEqualTo(A);
    }

    /** After ten minutes the load balancer has forgotten the endpoint, but not its sessions. */
    @Test
    void aSessionSurvivesTheMemoryOfItsEndpoint() {
        Session session = sessionAt(A, Kind.KEYED);
        service.source.remove(A);
        service.advance(Duration.ofMinutes(20));
        service.source.put(Endpoint.of(A));
        assertThat(ask(session)).isEqualTo(A);
    }

    @Test
    void aSessionEndsAfterItsTimeWithoutAnAnswer() {
        Session session = sessionAt(A, Kind.KEYED);
        service.advance(TTL.minusSeconds(1));
        assertThat(ask(session)).as("and has its whole time again").isEqualTo(A);
        service.advance(TTL.minusSeconds(1));
        assertThat(ask(session)).isEqualTo(A);
        service.advance(TTL);
        assertThat(sessions().find(session)).isNull();
        assertThat(sessions().size()).isZero();
    }

    @Test
    void noMoreSessionsAreRememberedThanMayBe() {
        service = of(sticky -> sticky.withMaxSessions(100));
        for (int i = 0; i < 10_000; i++) {
            ask("session " + i);
        }
        assertThat(sessions().size()).isLessThanOrEqualTo(100);
    }

    @Test
    void aRetryGoesElsewhereAndTheSessionStays() {
        Session session = sessionAt(A, Kind.KEYED);
        BalancedCall call = service.loadBalancer.newCall(requestOf(session));
        Attempt first = call.nextAttempt();
        first.complete(TestService.HTTP_503);
        assertThat(call.retryAfter(TestService.HTTP_503).isRetry()).isTrue();
        Attempt second = call.nextAttempt();
        second.complete(Outcome.SUCCESS);

        assertThat(first.endpoint().id()).isEqualTo(A);
        assertThat(second.endpoint().id()).isNotEqualTo(A);
        assertThat(ask(session)).isEqualTo(A);
    }

    /** It was a connection that was dead or is ending, and not the endpoint. */
    @ParameterizedTest
    @EnumSource(
            value = Outcome.Kind.class,
            names = {"STALE_CONNECTION", "NOT_PROCESSED"})
    void aRepetitionForADeadConnectionGoesToTheSessionsEndpointAgain(Outcome.Kind kind) {
        Session session = sessionAt(A, Kind.KEYED);
        Outcome stale = Outcome.of(kind, "closed by the server");
        BalancedCall call = service.loadBalancer.newCall(requestOf(session));
        call.nextAttempt().complete(stale);
        assertThat(call.retryAfter(stale).kind()).isEqualTo(RetryDecision.Kind.FREE_RETRY);
        Attempt second = call.nextAttempt();
        assertThat(second.endpoint().id()).isEqualTo(A);
        second.complete(TestService.HTTP_503);
        assertThat(call.retryAfter(TestService.HTTP_503).isRetry()).isTrue();
        assertThat(call.nextAttempt().endpoint().id()).as("once").isNotEqualTo(A);
    }

    @Test
    void aRetryTakesTheSessionAlongIfItsEndpointIsOutNow() {
        Session session = sessionAt(A, Kind.KEYED);
        BalancedCall call = service.loadBalancer.newCall(requestOf(session));
        call.nextAttempt().complete(TestService.REFUSED);
        assertThat(sessions().find(session)).isNull();
        assertThat(call.retryAfter(TestService.REFUSED).isRetry()).isTrue();
        Attempt second = call.nextAttempt();
        second.complete(Outcome.SUCCESS);
        for (int i = 0; i < 3; i++) {
            assertThat(ask(session)).isEqualTo(second.endpoint().id());
        }
    }

    @ParameterizedTest
    @EnumSource
    void aRequestForOtherEndpointsLeavesTheSessionWhereItIs(Kind kind) {
        service.source.put(Endpoint.of(B).withMetadata("role", "replica"));
        Session session = sessionAt(A, kind);
        RequestInfo read = RequestInfo.IDEMPOTENT.withDestination(
                Destination.ANY.withSession(session).withSubset(Subset.of("role", "replica")));
        sessions().begin(RequestKey.of("r"), Endpoint.of(B));
        for (int i = 0; i < 3; i++) { // one of three goes to A by the policy's choice
            service.loadBalancer.newCall(read).nextAttempt().complete(Outcome.SUCCESS);
        }
        assertThat(ask(session)).isEqualTo(A);
        RequestInfo readOfB = RequestInfo.IDEMPOTENT.withDestination(
                Destination.ANY.withSession(Session.of("r")).withSubset(Subset.of("role", "replica")));
        for (int i = 0; i < 3; i++) {
            assertThat(service.loadBalancer
                            .newCall(readOfB)
                            .nextAttempt()
                            .endpoint()
                            .id())
                    .isEqualTo(B);
        }
    }

    @Test
    void aTokenSaysNothingOfItsEndpoint() {
        String token = sessions().token(Endpoint.of(A));
        assertThat(token).matches("[A-Za-z0-9_-]{22}");
        assertThat(sessions().token(Endpoint.of(B))).isNotEqualTo(token);
    }

    @Test
    void aForgedTokenIsNoneAndThePolicyPicks() {
        for (String forged : List.of("", A, "AAAAAAAAAAAAAAAAAAAAAA", "x".repeat(1_000))) {
            Session session = Session.ofToken(forged);
            assertThat(sessions().find(session)).isNull();
            Set<String> homes = new HashSet<>();
            for (int i = 0; i < 30; i++) {
                homes.add(ask(session));
            }
            assertThat(homes).containsExactlyInAnyOrder(A, B, C);
        }
    }

    @Test
    void processesWithOneSecretUnderstandEachOther() {
        TestService one = of(sticky -> sticky.withSecret(SECRET));
        TestService other = with(lb -> lb, sticky -> sticky.withSecret(SECRET), C, B, A);
        for (String id : List.of(A, B, C)) {
            assertThat(one.loadBalancer.sessions().token(Endpoint.of(id)))
                    .isEqualTo(other.loadBalancer.sessions().token(Endpoint.of(id)));
        }
        service = one;
        Session session = tokenOf(B);
        service = other;
        assertThat(ask(session)).isEqualTo(B);
    }

    @Test
    void withoutAGivenSecretEachProcessHasItsOwn() {
        assertThat(of(sticky -> sticky).loadBalancer.sessions().token(Endpoint.of(A)))
                .isNotEqualTo(sessions().token(Endpoint.of(A)));
    }

    @Test
    void tokensOfWhoLeftAreNotKeptForEver() {
        Endpoint a = Endpoint.of(A);
        for (int i = 0; i < 5_000; i++) {
            service.source.set(List.of(a, Endpoint.of("10.1." + i / 250 + "." + i % 250 + ":80")));
        }
        assertThat(IntStream.range(0, 5_000)
                        .filter(i -> sessions().token(Endpoint.of("10.1." + i / 250 + "." + i % 250 + ":80")) != null))
                .hasSizeLessThan(1_100);
        assertThat(ask(tokenOf(A))).isEqualTo(A);
    }

    @Test
    void withoutStickySessionsASessionIsNoConcernOfThePolicy() {
        service = TestService.with(lb -> lb.policy(LoadBalancingPolicy.roundRobin()), A, B, C);
        assertThat(service.loadBalancer.sessions()).isNull();
        assertThat(homesOf(Session.of("s"))).containsExactlyInAnyOrder(A, B, C);
    }

    @Test
    void sessionsCostNoObjectOnThePathOfARequest() {
        assumeThat(ManagementFactory.getThreadMXBean()).isInstanceOf(com.sun.management.ThreadMXBean.class);
        RequestInfo ofSession = requestOf(sessionAt(A, Kind.TOLD));
        TestService off = TestService.with(lb -> lb.policy(LoadBalancingPolicy.roundRobin()), A, B, C);

        long callAndAttempt = 104;
        assertThat(bytesPerCall(off.loadBalancer, ofSession)).isLessThanOrEqualTo(callAndAttempt);
        assertThat(bytesPerCall(service.loadBalancer, RequestInfo.IDEMPOTENT)).isLessThanOrEqualTo(callAndAttempt);
        assertThat(bytesPerCall(service.loadBalancer, ofSession)).isLessThanOrEqualTo(callAndAttempt);
    }

    private static long bytesPerCall(LoadBalancer loadBalancer, RequestInfo request) {
        com.sun.management.ThreadMXBean meter = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long thread = Thread.currentThread().getId();
        long before = 0;
        for (int i = 0; i < 40_000; i++) {
            before = i == 20_000 ? meter.getThreadAllocatedBytes(thread) : before;
            loadBalancer.newCall(request).nextAttempt().complete(Outcome.SUCCESS);
        }
        return Math.round((meter.getThreadAllocatedBytes(thread) - before) / 20_000.0);
    }

    /** A connection that is made anew for its age must not cost a session. */
    @Test
    void aViewThatIsNotConnectedGoesElsewhereAndTheSessionStays() {
        Session session = sessionAt(A, Kind.KEYED);
        LoadBalancerView view = service.loadBalancer.openView(() -> {});
        view.setReady(Endpoint.of(B), true);
        Attempt attempt = view.newCall(requestOf(session)).nextAttempt();
        attempt.complete(Outcome.SUCCESS);
        assertThat(attempt.endpoint().id()).isEqualTo(B);
        assertThat(view.pick(first(session)).endpoint().id()).isEqualTo(B);

        view.setReady(Endpoint.of(A), true);
        assertThat(view.newCall(requestOf(session)).nextAttempt().endpoint().id())
                .isEqualTo(A);
        assertThat(view.pick(first(session)).endpoint().id()).isEqualTo(A);
    }

    @Test
    void aSessionOfATransportThatPicksLongBeforeItSendsIsLearntToo() {
        LoadBalancerView view = service.loadBalancer.openView(() -> {});
        List.of(A, B, C).forEach(id -> view.setReady(Endpoint.of(id), true));
        Session session = Session.of("s");
        Pick pick = view.pick(first(session));
        pick.begin(requestOf(session)).complete(Outcome.SUCCESS);
        for (int i = 0; i < 5; i++) {
            assertThat(view.pick(first(session)).endpoint()).isEqualTo(pick.endpoint());
        }
    }

    private static PickContext first(Session session) {
        return new PickContext() {
            @Override
            public RequestInfo request() {
                return requestOf(session);
            }

            @Override
            public boolean hasTried(@Nullable Node node) {
                return false;
            }
        };
    }

    @Test
    void settingsThatAreNotAllowedAreRefusedWithTheirName() {
        StickySessions sticky = StickySessions.DEFAULT;
        assertThatThrownBy(() -> sticky.withTtl(Duration.ofMillis(999)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("stickySessions.ttl", "PT0.999S", "1 s to 30 days");
        assertThatThrownBy(() -> sticky.withMaxSessions(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("stickySessions.maxSessions is 0", "1 to 10000000");
        assertThatThrownBy(() -> sticky.withSecret("too short"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("stickySessions.secret has 9 bytes", "16")
                .hasMessageNotContaining("too short");
    }

    @Test
    void theSecretIsNeverShown() {
        service = of(sticky -> sticky.withSecret(SECRET));
        assertThat(service.loadBalancer.describe())
                .contains("stickySessions = ON", "stickySessions.secret = given")
                .doesNotContain(SECRET);
        assertThat(StickySessions.DEFAULT.withSecret(SECRET).toString()).doesNotContain(SECRET);
    }
}
