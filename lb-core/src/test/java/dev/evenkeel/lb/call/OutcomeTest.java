package dev.evenkeel.lb.call;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class OutcomeTest {
    /** A client that gives up, a server that asks for less and a connection that had been closed long ago say nothing of health. */
    @Test
    void onlyWhatTheEndpointDidCountsAgainstIt() {
        assertThat(Arrays.stream(Outcome.Kind.values()).filter(Outcome.Kind::isEndpointFailure))
                .containsExactly(
                        Outcome.Kind.FAILED,
                        Outcome.Kind.UNAVAILABLE,
                        Outcome.Kind.CONNECT_FAILED,
                        Outcome.Kind.UNTRUSTED,
                        Outcome.Kind.BROKEN,
                        Outcome.Kind.TIMED_OUT,
                        Outcome.Kind.BODY_BROKEN);
        assertThat(Arrays.stream(Outcome.Kind.values()).filter(Outcome.Kind::isNeutral))
                .containsExactly(
                        Outcome.Kind.NOT_PROCESSED,
                        Outcome.Kind.STALE_CONNECTION,
                        Outcome.Kind.PUSHBACK,
                        Outcome.Kind.CANCELLED,
                        Outcome.Kind.HEDGE_LOST,
                        Outcome.Kind.NOT_SENT);
    }

    @Test
    void aNegativePushbackIsRejected() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Outcome.pushback("HTTP 429", Duration.ofNanos(-1)))
                .withMessage("pushbackNanos is -1, must not be negative");
    }

    @Test
    void aRequestWithoutTimeIsRejected() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RequestInfo.IDEMPOTENT.withTimeout(Duration.ZERO))
                .withMessage("timeoutNanos is 0, must be positive");
    }
}
