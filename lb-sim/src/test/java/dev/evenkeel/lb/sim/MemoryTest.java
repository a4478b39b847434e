package dev.evenkeel.lb.sim;

import static dev.evenkeel.lb.sim.Fleets.millis;
import static dev.evenkeel.lb.sim.Fleets.seconds;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a run keeps in memory does not grow with the number of calls, nor without end with its length. */
class MemoryTest {
    private static final long MEGABYTE = 1_000_000;

    private static long usedAfterCollection() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    @Test
    void callsThatAreOverAreForgottenLongBeforeTheirDeadlines() {
        List<Long> used = new ArrayList<>();
        int[] calls = {0};
        ServiceTime counting = share -> {
            calls[0]++;
            if (calls[0] == 20_000 || calls[0] == 320_000) {
                used.add(usedAfterCollection());
            }
            return 1_000_000;
        };
        Simulation.of(1)
                .servers(2, Servers.workers(100).serviceTime(counting))
                .clients(1, Clients.ratePerSecond(20_000).deadline(Duration.ofHours(1)))
                .run(seconds(17));

        assertThat(used).hasSize(2);
        assertThat(used.get(1) - used.get(0)).isLessThan(15 * MEGABYTE); // 300,000 calls of 100 bytes and more
    }

    @Test
    void aResultOfAnHourIsSmall() {
        long before = usedAfterCollection();
        Result result = Simulation.of(1)
                .servers(2, Servers.workers(10))
                .clients(1, Clients.ratePerSecond(30))
                .run(Duration.ofHours(1));
        long size = usedAfterCollection() - before;

        assertThat(result.latency().percentile(99)).isGreaterThan(millis(50)); // it is still in use
        assertThat(size).isLessThan(40 * MEGABYTE);
    }

    @Test
    void aLongRunIsKeptInLongerPieces() {
        assertThat(timeline(1, Duration.ofHours(1)).windows()).isEqualTo(36_000);
        assertThat(timeline(1, Duration.ofHours(2)).windowNanos())
                .isEqualTo(millis(200).toNanos());
        assertThat(timeline(1, Duration.ofHours(4)).windowNanos())
                .isEqualTo(millis(500).toNanos());
        assertThat(timeline(1, Duration.ofDays(365)).windows()).isLessThanOrEqualTo(Timeline.MOST_WINDOWS);
    }

    @Test
    void manySecondsOfManyServersAreCountedTogether() {
        Timeline timeline = timeline(60_000, Duration.ofMinutes(10));
        timeline.picked(seconds(1).toNanos(), 59_999, null);
        timeline.picked(seconds(599).toNanos(), 59_999, null);

        assertThat(timeline.picks(0, timeline.windows()).of(59_999)).isEqualTo(2);
        assertThat(timeline.picks(0, timeline.windows() / 2).of(59_999)).isEqualTo(1);
    }

    private static Timeline timeline(int servers, Duration duration) {
        List<Servers> models = Collections.nCopies(servers, Servers.workers(1));
        List<Clients> clients = List.of(Clients.ratePerSecond(1));
        return new Timeline(new Scenario.Fleet(models, List.of(), clients, Duration.ZERO), duration);
    }
}
