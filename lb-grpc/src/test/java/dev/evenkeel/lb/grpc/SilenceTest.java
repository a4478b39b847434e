package dev.evenkeel.lb.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SilenceTest {
    private final AtomicInteger suspected = new AtomicInteger();
    private final Silence silence = new Silence(new OpenCalls(), silence -> suspected.incrementAndGet());

    private void timeouts(int count) {
        for (int i = 0; i < count; i++) {
            silence.timedOut();
        }
    }

    @Test
    void threeTimeoutsInARowAreSuspectAndSaidOnce() {
        timeouts(2);
        assertThat(suspected.get()).isZero();
        timeouts(1);
        assertThat(suspected.get()).isEqualTo(1);
        timeouts(10);
        assertThat(suspected.get()).isEqualTo(1);
    }

    @Test
    void whateverIsHeardBetweenThemEndsIt() {
        timeouts(2);
        silence.heard();
        timeouts(2);
        assertThat(suspected.get()).isZero();
    }

    @Test
    void onceItIsExcusedThreeMoreAreSuspectAgain() {
        timeouts(3);
        silence.excuse();
        timeouts(3);
        assertThat(suspected.get()).isEqualTo(2);
    }

    @Test
    void itIsQuietFromOneLookToTheNextIfNothingIsHeard() {
        assertThat(silence.look()).as("before the first look").isFalse();
        assertThat(silence.look()).isTrue();
        silence.heard();
        assertThat(silence.isQuiet()).isFalse();
        assertThat(silence.look()).isFalse();
    }
}
