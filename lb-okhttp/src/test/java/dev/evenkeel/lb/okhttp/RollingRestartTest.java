package dev.evenkeel.lb.okhttp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.LoadBalancerBuilder;
import dev.evenkeel.lb.endpoint.OutReason;
import dev.evenkeel.lb.health.ConnectBackoff;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.policy.LoadMetric;
import dev.evenkeel.lb.retry.RetryBudget;
import dev.evenkeel.lb.retry.RetryPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import mockwebserver3.MockResponse;
import mockwebserver3.SocketEffect;
import okhttp3.Protocol;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Six servers are replaced one by one while callers go on. No GET fails, and no POST is executed twice. Answers are headers alone: one
 * that breaks off in its body has reached its caller, and is told and not repeated.
 */
class RollingRestartTest {
    private static final int SERVERS = 6;
    private static final int CALLERS = 8;

    /** Calls between two steps of the deployment. */
    private static final int STEP = 40;

    @RegisterExtension
    private final Fleet fleet = new Fleet();

    private final Executed executed = new Executed();
    private final Crowd crowd = new Crowd(fleet, CALLERS);
    private final List<Server> servers = new ArrayList<>();
    private final List<Server> renewed = new ArrayList<>();

    /** What a connection speaks. */
    enum Wire {
        HTTP_1 {
            @Override
            MockResponse lastAnswer() {
                return new MockResponse.Builder()
                        .addHeader("Connection", "close")
                        .build();
            }
        },
        H2C {
            @Override
            void prepare(Fleet fleet) {
                fleet.protocols(Protocol.H2_PRIOR_KNOWLEDGE);
            }
        },
        H2_OVER_TLS {
            @Override
            void prepare(Fleet fleet) {
                fleet.tls(Fleet.SERVICE).protocols(Protocol.HTTP_2, Protocol.HTTP_1_1);
            }
        };

        void prepare(Fleet fleet) {}

        /** Answers, and says that it is the last on this connection: in HTTP/2 by a GOAWAY. */
        MockResponse lastAnswer() {
            return new MockResponse.Builder()
                    .onResponseEnd(SocketEffect.ShutdownConnection.INSTANCE)
                    .build();
        }
    }

    private static LoadBalancerBuilder protect(LoadBalancerBuilder lb) {
        return lb.policy(LoadBalancingPolicy.leastLoaded(LoadMetric.PEAK_EWMA))
                .retryBudget(RetryBudget.Settings.DEFAULT)
                .connectBackoff(new ConnectBackoff(Duration.ofMillis(50), Duration.ofMillis(200)));
    }

    private static LoadBalancerBuilder expose(LoadBalancerBuilder lb) {
        return protect(lb).policy(LoadBalancingPolicy.roundRobin()).retry(RetryPolicy.NONE);
    }

    private void start(Wire wire) {
        wire.prepare(fleet);
        fleet.client(crowd::watch);
        for (int i = 0; i < SERVERS; i++) {
            servers.add(fleet.add(executed.then(Server::headersAlone)));
        }
        crowd.make(100);
        assertThat(crowd.failed(told -> true)).isEmpty();
        crowd.begin(Integer.MAX_VALUE / 2);
        crowd.awaitMore(STEP);
    }

    /** Discovery hears of nothing: callers find out by the connections that end, that are refused, and that are accepted again. */
    private void restartEach(Wire wire) {
        for (Server old : servers) {
            old.behave(executed.then(wire::lastAnswer));
            crowd.awaitMore(STEP);
            Fleet.Killed killed = fleet.kill(old);
            crowd.awaitMore(STEP);
            renewed.add(killed.restart(executed.then(Server::headersAlone)));
            Until.until("somebody has connected to it again", () -> !isRefusing(old));
        }
        crowd.awaitMore(STEP);
        crowd.stop();
    }

    /** Whether it is out because it refuses. It may be out for longer, as an outlier, when many calls broke off together. */
    private boolean isRefusing(Server server) {
        return fleet.loadBalancer().endpoints().stream()
                .filter(status -> status.endpoint().equals(server.endpoint()))
                .anyMatch(status -> status.availability().has(OutReason.CONNECT_FAILED));
    }

    @ParameterizedTest
    @EnumSource(Wire.class)
    void noGetFailsAndNoPostIsExecutedTwice(Wire wire) {
        fleet.balancing(RollingRestartTest::protect);
        start(wire);
        restartEach(wire);
        assertThat(crowd.failedGets()).isEmpty();
        assertThat(crowd.failedPosts())
                .as("only those that were on their way when their server ended")
                .hasSizeLessThanOrEqualTo(SERVERS * CALLERS)
                .noneMatch(Crowd.Told::wasNotSent);
        crowd.assertExecutedOnce(executed);
        assertThat(renewed)
                .as("all are used again, but for outliers")
                .anyMatch(one -> !one.requests().isEmpty());
        crowd.assertNothingIsLeftBehind();
    }

    @Test
    void withoutRetriesCallsFailThatWereNeverSent() {
        fleet.balancing(RollingRestartTest::expose);
        start(Wire.HTTP_1);
        restartEach(Wire.HTTP_1);
        assertThat(crowd.failed(Crowd.Told::wasNotSent)).isNotEmpty();
        crowd.assertExecutedOnce(executed);
        crowd.assertNothingIsLeftBehind();
    }

    /** With a word to discovery in time nothing fails at all. */
    @ParameterizedTest
    @EnumSource(
            value = Wire.class,
            names = {"HTTP_1", "H2C"})
    void noCallFailsWhereServersLeaveTheListBeforeTheyEnd(Wire wire) {
        fleet.balancing(RollingRestartTest::protect);
        start(wire);
        for (Server old : servers) {
            fleet.source().remove(old.address());
            crowd.awaitMore(STEP);
            Fleet.Killed killed = fleet.kill(old);
            crowd.awaitMore(STEP);
            Server replaced = killed.restart(executed.then(Server::headersAlone));
            fleet.source().put(replaced.endpoint());
        }
        crowd.awaitMore(STEP);
        crowd.stop();
        assertThat(crowd.failed(told -> true)).isEmpty();
        crowd.assertExecutedOnce(executed);
        crowd.assertNothingIsLeftBehind();
    }
}
