package dev.evenkeel.lb.okhttp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.call.Outcome.Kind;
import dev.evenkeel.lb.observe.EndpointStatus;
import dev.evenkeel.lb.retry.RetryBudget;
import dev.evenkeel.lb.retry.RetryPolicy;
import java.io.IOException;
import java.util.Collections;
import okhttp3.Protocol;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

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
        GoAwayServer server = new GoAwayServer(body -> {
            if (body.startsWith("order ")) {
                executed.execute(Integer.parseInt(body.substring("order ".length())));
            }
        });
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
