package dev.evenkeel.lb.okhttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.evenkeel.lb.LoadBalancerBuilder;
import dev.evenkeel.lb.call.Outcome.Kind;
import dev.evenkeel.lb.observe.EndpointStatus;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.policy.LoadMetric;
import dev.evenkeel.lb.retry.RetryBudget;
import dev.evenkeel.lb.retry.RetryPolicy;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import okhttp3.Protocol;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A server says which requests it will still process; those beyond them were never processed, and are sent again whatever they are. */
class GoAwayTest {
    @RegisterExtension
    private final Fleet fleet = new Fleet();

    private final Executed executed = new Executed();
    private final Crowd crowd = new Crowd(fleet, 4);

    @BeforeEach
    void speakHttp2() {
        fleet.protocols(Protocol.H2_PRIOR_KNOWLEDGE).client(crowd::watch);
    }

    private GoAwayServer leaving() throws IOException {
        return leaving(new GoAwayServer.Farewell(4, 2, false));
    }

    private GoAwayServer leaving(GoAwayServer.Farewell farewell) throws IOException {
        GoAwayServer server = new GoAwayServer(
                body -> {
                    if (body.startsWith("order ")) {
                        executed.execute(Integer.parseInt(body.substring("order ".length())));
                    }
                },
                farewell);
        fleet.source().put(server.endpoint());
        return server;
    }

    /** One call makes the connection; of the next four, three GETs and a POST or two and two, half are too late. */
    private void askAcrossTheGoAway() throws IOException {
        assertThat(fleet.ask()).isEqualTo("200 leaving");
        crowd.make(4);
    }

    private void assertThatNobodyNoticed() {
        assertThat(crowd.failed(told -> true)).isEmpty();
        assertThat(crowd.told())
                .filteredOn(Crowd.Told::post)
                .isNotEmpty()
                .allSatisfy(post -> assertThat(executed.times(post)).isOne());
        assertThat(Collections.frequency(fleet.kinds(), Kind.NOT_PROCESSED)).isEqualTo(2);
        assertThat(Collections.frequency(fleet.kinds(), Kind.SUCCESS)).isEqualTo(5);
        assertThat(fleet.loadBalancer().endpoints())
                .as("leaving is no failure")
                .allSatisfy(status -> assertThat(status.failures()).isZero())
                .extracting(EndpointStatus::availability)
                .allSatisfy(
                        availability -> assertThat(availability.isAvailable()).isTrue());
    }

    @Test
    void streamsBeyondItAreSentToAnotherEndpoint() throws IOException {
        try (GoAwayServer leaving = leaving()) {
            Server other = fleet.add(executed.then(() -> Server.ok("other")));
            askAcrossTheGoAway();
            assertThatNobodyNoticed();
            assertThat(other.requests()).hasSize(2);
            assertThat(leaving.connections()).isOne();
            crowd.assertNothingIsLeftBehind();
        }
    }

    @Test
    void streamsBeyondItAreSentOverAnotherConnectionWhereThereIsNoOtherEndpoint() throws IOException {
        try (GoAwayServer leaving = leaving()) {
            askAcrossTheGoAway();
            assertThatNobodyNoticed();
            assertThat(leaving.connections()).isBetween(2, 3);
        }
    }

    /** What the server never processed takes neither from the retry budget, which here holds nothing, nor from the attempts of a call. */
    @Test
    void sixtyCallsOnOneConnectionLoseNoneToAGoAwayAfterFour() throws IOException {
        Crowd callers = new Crowd(fleet, 60);
        fleet.client(callers::watch).balancing(GoAwayTest::withoutBudget);
        try (GoAwayServer leaving = leaving(new GoAwayServer.Farewell(60, 4, false))) {
            assertThat(fleet.ask()).isEqualTo("200 leaving");
            callers.make(60);
            assertThat(callers.failed(told -> true)).isEmpty();
            assertThat(Collections.frequency(fleet.kinds(), Kind.NOT_PROCESSED)).isEqualTo(56);
            assertThat(leaving.connections()).isGreaterThan(1);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void aSteadyLoadLosesNoCallToConnectionsThatEndAfterTwentyRequests(int servers) throws IOException {
        Crowd callers = new Crowd(fleet, 40);
        fleet.client(callers::watch)
                .balancing(lb -> withoutBudget(lb).policy(LoadBalancingPolicy.leastLoaded(LoadMetric.PEAK_EWMA)));
        List<GoAwayServer> leaving = new ArrayList<>();
        try {
            for (int i = 0; i < servers; i++) {
                leaving.add(leaving(new GoAwayServer.Farewell(0, 20, true)));
            }
            callers.make(2_000);
            assertThat(callers.failed(told -> true)).isEmpty();
            assertThat(Collections.frequency(fleet.kinds(), Kind.NOT_PROCESSED)).isPositive();
            assertThat(callers.told())
                    .filteredOn(Crowd.Told::post)
                    .allSatisfy(post -> assertThat(executed.times(post)).isOne());
        } finally {
            for (GoAwayServer server : leaving) {
                server.close();
            }
        }
    }

    private static LoadBalancerBuilder withoutBudget(LoadBalancerBuilder lb) {
        return lb.retryBudget(new RetryBudget.Settings(0, 0, Duration.ofSeconds(10)));
    }

    /** A call does not go on for ever: twenty repetitions cost nothing, with pauses in between, and then it is like any that fails. */
    @Test
    void aServerThatProcessesNothingIsNotAskedForEver() throws IOException {
        fleet.balancing(GoAwayTest::withoutBudget);
        fleet.add("never").resetStreams(7);
        assertThatThrownBy(fleet::ask).hasMessageContaining("REFUSED_STREAM");
        assertThat(fleet.kinds()).hasSize(21).containsOnly(Kind.NOT_PROCESSED);
    }

    @Test
    void withoutRetriesTheyFail() throws IOException {
        fleet.balancing(lb -> lb.retry(RetryPolicy.NONE).retryBudget(RetryBudget.Settings.DEFAULT));
        try (GoAwayServer leaving = leaving()) {
            fleet.add(executed.then(() -> Server.ok("other")));
            askAcrossTheGoAway();
            assertThat(crowd.failed(told -> true)).hasSize(2);
            assertThat(leaving.connections()).isOne();
            crowd.assertNothingIsLeftBehind();
        }
    }
}
