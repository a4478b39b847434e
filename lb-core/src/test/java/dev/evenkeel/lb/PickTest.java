package dev.evenkeel.lb;

import static dev.evenkeel.lb.TestService.HTTP_503;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.limit.Breaker;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.policy.Node;
import dev.evenkeel.lb.policy.PickContext;
import dev.evenkeel.lb.retry.RetryBudget;
import dev.evenkeel.lb.retry.RetryDecision;
import dev.evenkeel.lb.retry.RetryPolicy;
import dev.evenkeel.lb.testkit.FakeContext;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Picks of transports that learn only later whether a pick becomes a request. */
class PickTest {
    private static final Endpoint A = Endpoint.of("10.0.0.1:80");
    private static final Endpoint B = Endpoint.of("10.0.0.2:80");
    private static final PickContext FIRST = new FakeContext(RequestInfo.IDEMPOTENT, Set.of());
    private static final RetryPolicy.Progress FIRST_FAILED =
            new RetryPolicy.Progress(1, 0, false, true, false, RequestInfo.NO_TIMEOUT);

    private TestService service = TestService.of(A.address(), B.address());
    private LoadBalancerView view = connectedView();

    private void use(UnaryOperator<LoadBalancerBuilder> settings) {
        service = TestService.with(settings, A.address(), B.address());
        view = connectedView();
    }

    private LoadBalancerView connectedView() {
        LoadBalancerView opened = service.loadBalancer.openView(() -> {});
        opened.setReady(A, true);
        opened.setReady(B, true);
        return opened;
    }

    private int inFlight() {
        return service.status(A.id()).inFlight() + service.status(B.id()).inFlight();
    }

    @Test
    void aPickCountsNothingUntilItBegins() {
        Pick pick = view.pick(FIRST);
        IntStream.range(0, 1000).forEach(i -> view.pick(FIRST));
        assertThat(inFlight()).isZero();

        Attempt attempt = pick.begin();
        assertThat(attempt.endpoint()).isEqualTo(pick.endpoint());
        assertThat(service.status(pick.endpoint().id()).inFlight()).isEqualTo(1);

        attempt.complete(Outcome.SUCCESS);
        assertThat(inFlight()).isZero();
        assertThat(service.status(pick.endpoint().id()).attempts()).isEqualTo(1);
    }

    @Test
    void latencyIsCountedFromTheBeginningAndNotFromThePick() {
        Pick pick = view.pick(FIRST);
        service.advance(Duration.ofSeconds(5));
        Attempt attempt = pick.begin();
        service.advance(Duration.ofMillis(20));
        attempt.complete(Outcome.SUCCESS);

        assertThat(service.status(pick.endpoint().id()).latency()).isLessThan(Duration.ofMillis(30));
    }

    @Test
    void theSameEndpointIsTheSamePickInOneView() {
        view.setReady(B, false);

        assertThat(view.pick(FIRST)).isSameAs(view.pick(FIRST));
        LoadBalancerView other = connectedView();
        other.setReady(B, false);
        assertThat(other.pick(FIRST)).isSameAs(other.pick(FIRST)).isNotSameAs(view.pick(FIRST));
    }

    @Test
    void aPickPrefersWhatTheCallHasNotTried() {
        Tried tried = new Tried();
        for (int i = 0; i < 50; i++) {
            tried.ids.clear();
            Pick first = view.pick(tried);
            tried.ids.add(first.endpoint().id());
            assertThat(view.hasUntried(tried)).isTrue();
            assertThat(view.pick(tried).endpoint()).isNotEqualTo(first.endpoint());
        }
        tried.ids.add(A.id());
        tried.ids.add(B.id());
        assertThat(view.hasUntried(tried)).isFalse();
        assertThat(view.pick(tried)).as("rather one again than none").isNotNull();
    }

    @Test
    void anEndpointWithoutRoomIsPassedOver() {
        use(settings -> settings.maxInFlightPerEndpoint(1));
        Pick pick = view.pick(FIRST);
        Attempt attempt = pick.begin();
        for (int i = 0; i < 50; i++) {
            assertThat(view.pick(FIRST).endpoint()).isNotEqualTo(pick.endpoint());
        }
        view.pick(FIRST).begin();

        assertThat(view.hasCandidates()).isTrue();
        assertThatThrownBy(() -> view.pick(FIRST)).hasMessageContaining("maxInFlightPerEndpoint");

        attempt.complete(Outcome.SUCCESS);
        assertThat(view.pick(FIRST)).isEqualTo(pick);
    }

    @Test
    void theServicesLimitCountsOnlyWhatBegan() {
        use(settings -> settings.maxInFlight(2));
        IntStream.range(0, 10).forEach(i -> view.pick(FIRST));
        Attempt one = view.pick(FIRST).begin();
        view.pick(FIRST).begin();

        assertThatThrownBy(() -> view.pick(FIRST)).hasMessageContaining("as many as maxInFlight allows");
        assertThatThrownBy(service::attempt).hasMessageContaining("as many as maxInFlight allows");

        one.complete(Outcome.SUCCESS);
        view.pick(FIRST).begin();
    }

    @Test
    void anEndpointThatRefusedConnectionsIsTriedByOnePick() {
        service.refuse(A.id());
        service.advance(Duration.ofSeconds(2));

        Pick probe = view.pick(FIRST);
        assertThat(probe.endpoint()).isEqualTo(A);
        assertThat(probe.isTrial()).isTrue();
        for (int i = 0; i < 20; i++) {
            assertThat(view.pick(FIRST).endpoint()).isEqualTo(B);
        }
        assertThat(inFlight()).isZero();

        probe.begin().complete(Outcome.SUCCESS);
        assertThat(service.status(A.id()).availability().isAvailable()).isTrue();
        assertThat(inFlight()).isZero();
    }

    @Test
    void aProbeThatNeverBeginsDoesNotKeepTheEndpointOutForEver() {
        service.refuse(A.id());
        service.advance(Duration.ofSeconds(2));
        view.pick(FIRST);

        service.advance(Duration.ofSeconds(31));

        assertThat(view.pick(FIRST).endpoint()).isEqualTo(A);
    }

    @Test
    void aRetryIsNoProbe() {
        service.refuse(A.id());
        service.advance(Duration.ofSeconds(2));
        Tried tried = new Tried();
        tried.ids.add(B.id());

        assertThat(view.pick(tried).isTrial()).isFalse();
    }

    @Test
    void aHalfOpenBreakerIsTriedWithItsPermits() {
        CircuitBreakerConfig quick = CircuitBreakerConfig.from(Breaker.DEFAULT)
                .minimumNumberOfCalls(4)
                .permittedNumberOfCallsInHalfOpenState(1)
                .build();
        use(settings -> settings.serviceBreaker(quick));
        IntStream.range(0, 4).forEach(i -> view.pick(FIRST).begin().complete(HTTP_503));
        assertThatThrownBy(() -> view.pick(FIRST)).hasMessageContaining("circuit breaker open");
        service.advance(Duration.ofSeconds(11));

        Pick trial = view.pick(FIRST);
        assertThat(trial.isTrial()).isTrue();
        assertThatThrownBy(() -> view.pick(FIRST)).hasMessageContaining("half-open");

        trial.begin().complete(Outcome.SUCCESS);
        assertThat(view.pick(FIRST).isTrial()).isFalse();
    }

    @Test
    void aRetryIsDecidedWithoutATokenAndChargedWhenItIsMade() {
        use(settings -> settings.retryBudget(new RetryBudget.Settings(0, 0.02, Duration.ofSeconds(10))));
        for (int i = 0; i < 10; i++) {
            assertThat(view.decideRetry(HTTP_503, RequestInfo.IDEMPOTENT, FIRST_FAILED)
                            .isRetry())
                    .isTrue();
        }
        assertThat(view.decideRetry(HTTP_503, RequestInfo.NON_IDEMPOTENT, FIRST_FAILED)
                        .kind())
                .isEqualTo(RetryDecision.Kind.STOP_NOT_IDEMPOTENT);

        assertThat(view.chargeRetry(A, "UNAVAILABLE")).isTrue();
        Attempt failed = service.attempt();
        BalancedCall elsewhere = service.call();
        elsewhere.nextAttempt().complete(HTTP_503);
        assertThat(elsewhere.retryAfter(HTTP_503).isRetry()).as("one budget").isTrue();
        failed.complete(HTTP_503);

        assertThat(view.decideRetry(HTTP_503, RequestInfo.IDEMPOTENT, FIRST_FAILED))
                .isEqualTo(RetryDecision.BUDGET_EXHAUSTED);
        assertThat(view.chargeRetry(A, "UNAVAILABLE")).isFalse();
        assertThat(service.eventsOf(Event.Type.RETRY)).hasSize(2);
        assertThat(service.eventsOf(Event.Type.BUDGET_EXHAUSTED)).hasSize(1);
    }

    @Test
    void aRetryThatTheServiceWouldRefuseIsDecidedAgainst() {
        use(settings -> settings.maxInFlight(2));
        Pick pick = view.pick(service.call());
        pick.begin();
        pick.begin();
        assertThat(view.decideRetry(HTTP_503, RequestInfo.IDEMPOTENT, FIRST_FAILED)
                        .isRetry())
                .as("the one that failed makes room")
                .isTrue();
        pick.begin();

        assertThat(view.decideRetry(HTTP_503, RequestInfo.IDEMPOTENT, FIRST_FAILED))
                .isEqualTo(RetryDecision.LIMITED);
    }

    @Test
    void withNobodyToPickThePickSaysWhy() {
        view.setReady(A, false);
        view.setReady(B, false);

        assertThat(view.hasCandidates()).isFalse();
        assertThatThrownBy(() -> view.pick(FIRST))
                .isInstanceOf(NoEndpointException.class)
                .hasMessageContaining("NOT_READY");
    }

    /** A call that remembers where it was. */
    private static final class Tried implements PickContext {
        final Set<String> ids = new HashSet<>();

        @Override
        public RequestInfo request() {
            return RequestInfo.IDEMPOTENT;
        }

        @Override
        public boolean hasTried(Node node) {
            return ids.contains(node.endpoint().id());
        }

        @Override
        public boolean isFirstPick() {
            return ids.isEmpty();
        }
    }
}
