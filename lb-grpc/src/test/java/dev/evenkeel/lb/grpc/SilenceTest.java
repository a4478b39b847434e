package dev.evenkeel.lb.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SilenceTest {
    private final AtomicInteger suspected = new AtomicInteger();
    private final Silence silence = new Silence(silence -> suspected.incrementAndGet());

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
        assertThat(silence.lasts(silence.number())).isTrue();
    }

    @Test
    void whateverIsHeardBetweenThemEndsIt() {
        timeouts(2);
        silence.heard();
        timeouts(2);
        assertThat(suspected.get()).isZero();
    }

    @Test
    void aSilenceThatWasBrokenDoesNotLastThoughAnotherHasBegun() {
        timeouts(3);
        int first = silence.number();
        silence.heard();
        timeouts(3);
        assertThat(silence.lasts(first)).isFalse();
        assertThat(silence.lasts(silence.number())).isTrue();
        assertThat(suspected.get()).isEqualTo(2);
    }
}
