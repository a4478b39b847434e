package dev.evenkeel.lb.okhttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.evenkeel.lb.LoadBalancerBuilder;
import dev.evenkeel.lb.call.Outcome.Kind;
import dev.evenkeel.lb.retry.RetryBudget;
import dev.evenkeel.lb.retry.RetryPolicy;
import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.Collections;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Many endpoints of a list refuse connections, and nobody knows it yet. Nothing is sent by that, so calls go on to those that do not. */
class RefusedConnectionsTest {
    @RegisterExtension
    private final Fleet fleet = new Fleet();

    private final Executed executed = new Executed();

    private static LoadBalancerBuilder withoutBudget(LoadBalancerBuilder lb) {
        return lb.retryBudget(new RetryBudget.Settings(0, 0, Duration.ofSeconds(10)));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theFirstCallsFindTheTwoOfTenThatListen(boolean hedged) {
        fleet.balancing(lb -> hedged ? withoutBudget(lb).attemptTimeout(Duration.ofHours(1)) : withoutBudget(lb));
        for (int i = 0; i < 8; i++) {
            fleet.addDead();
        }
        fleet.add(executed.then(() -> Server.ok("fine")));
        fleet.add(executed.then(() -> Server.ok("fine")));
        Crowd callers = new Crowd(fleet, 30);
        callers.make(30);
        assertThat(callers.failed(told -> true)).isEmpty();
        callers.assertExecutedOnce(executed);
        callers.assertNothingIsLeftBehind();
        assertThat(Collections.frequency(fleet.kinds(), Kind.CONNECT_FAILED)).isGreaterThanOrEqualTo(8);
    }

    /** The second call knows what the first found out, and then the usual attempts are the limit. */
    @Test
    void whereAllRefuseACallTriesEachOnceAndThenFails() {
        fleet.balancing(RefusedConnectionsTest::withoutBudget);
        for (int i = 0; i < 6; i++) {
            fleet.addDead();
        }
        assertThatThrownBy(fleet::ask).isInstanceOf(ConnectException.class);
        assertThat(fleet.kinds()).hasSize(6);
        assertThatThrownBy(fleet::ask).isInstanceOf(ConnectException.class);
        assertThat(fleet.kinds()).hasSize(7).containsOnly(Kind.CONNECT_FAILED);
    }

    @Test
    void aCallWalksOnTwentyTimesAtMost() {
        fleet.balancing(RefusedConnectionsTest::withoutBudget);
        for (int i = 0; i < 30; i++) {
            fleet.addDead();
        }
        assertThatThrownBy(fleet::ask).isInstanceOf(ConnectException.class);
        assertThat(fleet.kinds()).hasSize(21);
    }

    @Test
    void withoutRetriesACallFails() {
        fleet.balancing(lb -> lb.retry(RetryPolicy.NONE).retryBudget(RetryBudget.Settings.DEFAULT));
        fleet.addDead();
        fleet.add("fine");
        assertThatThrownBy(fleet::ask).isInstanceOf(ConnectException.class);
    }

    @Test
    void theAttemptsForFailuresAreStillThere() throws IOException {
        for (int i = 0; i < 5; i++) {
            fleet.addDead();
        }
        fleet.add(request -> Server.status(503));
        fleet.add(request -> Server.status(503));
        fleet.add("fine");
        assertThat(fleet.ask()).isEqualTo("200 fine");
    }
}
