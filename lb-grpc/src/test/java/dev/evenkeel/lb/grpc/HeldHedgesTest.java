package dev.evenkeel.lb.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How often gRPC is to pick again for calls whose hedges are held. */
class HeldHedgesTest {
    private final ScriptedChannel channel = new ScriptedChannel();
    private final AtomicLong now = new AtomicLong();
    private long costNanos; // of picking for all that wait
    private int picks;
    private final HeldHedges held = new HeldHedges(
            channel,
            () -> {
                picks++;
                now.addAndGet(costNanos);
            },
            now::get);

    @AfterEach
    void close() {
        channel.close();
    }

    private void pass(Duration time) {
        now.addAndGet(time.toNanos());
        channel.pass(time);
    }

    @Test
    void aSingleOneIsPickedForAtOnce() {
        held.released();
        assertThat(picks).isEqualTo(1);
        pass(Duration.ofMillis(1));
        held.released();
        assertThat(picks).isEqualTo(2);
    }

    @Test
    void manyOfThemCostAtMostAFifthOfTheTime() {
        costNanos = Duration.ofMillis(10).toNanos();
        for (int i = 0; i < 1000; i++) {
            held.released();
            pass(Duration.ofMillis(1));
        }
        assertThat(picks * Duration.ofNanos(costNanos).toMillis())
                .as("milliseconds of a bit more than a second")
                .isBetween(100L, 260L);
        int before = picks;
        held.released();
        pass(Duration.ofMillis(40));
        assertThat(picks).as("and none is forgotten").isGreaterThan(before);
    }

    @Test
    void noneWaitsForLong() {
        costNanos = Duration.ofSeconds(10).toNanos();
        held.released();
        held.released();
        assertThat(picks).isEqualTo(1);
        pass(Duration.ofMillis(250));
        assertThat(picks).isEqualTo(2);
    }
}
