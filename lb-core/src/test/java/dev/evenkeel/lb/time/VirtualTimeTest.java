package dev.evenkeel.lb.time;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class VirtualTimeTest {
    private final VirtualTime time = new VirtualTime();
    private final List<String> ran = new ArrayList<>();

    @Test
    void standsStillUntilItIsAdvanced() {
        long before = time.nanos();

        time.schedule(1, () -> ran.add("task"));

        assertThat(time.nanos()).isEqualTo(before);
        assertThat(time.elapsed()).isZero();
        assertThat(ran).isEmpty();
    }

    @Test
    void differencesStayRightWhenTheReadingOverflows() {
        long before = time.nanos();

        time.advance(Duration.ofHours(1));

        assertThat(time.nanos()).isLessThan(before);
        assertThat(time.nanos() - before).isEqualTo(Duration.ofHours(1).toNanos());
    }

    @Test
    void tasksSeeTheClockAtTheirDueTime() {
        List<Duration> seen = new ArrayList<>();
        time.schedule(3_000_000_000L, () -> seen.add(time.elapsed()));
        time.schedule(1_000_000_000L, () -> seen.add(time.elapsed()));

        time.advance(Duration.ofSeconds(10));

        assertThat(seen).containsExactly(Duration.ofSeconds(1), Duration.ofSeconds(3));
        assertThat(time.elapsed()).isEqualTo(Duration.ofSeconds(10));
    }

    @Property
    void tasksRunByDueTimeAndThenInTheOrderOfScheduling(
            @ForAll @Size(max = 50) List<@IntRange(min = -3, max = 9) Integer> delays) {
        VirtualTime clock = new VirtualTime();
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < delays.size(); i++) {
            int task = i;
            clock.schedule(delays.get(i), () -> order.add(task));
        }

        clock.advance(Duration.ofNanos(10));

        List<Integer> expected = new ArrayList<>(order);
        expected.sort(Comparator.<Integer>comparingInt(task -> Math.max(0, delays.get(task)))
                .thenComparing(Comparator.naturalOrder()));
        assertThat(order).hasSameSizeAs(delays).isEqualTo(expected);
    }

    @Property(tries = 20)
    void theOrderHoldsWhileManyTasksComeAndGo(@ForAll long seed) {
        VirtualTime clock = new VirtualTime();
        Random random = new Random(seed);
        List<long[]> order = new ArrayList<>();
        for (int i = 0; i < 3_000; i++) {
            long[] dueAndNumber = {clock.elapsed().toNanos() + random.nextInt(50), i};
            clock.schedule(dueAndNumber[0] - clock.elapsed().toNanos(), () -> order.add(dueAndNumber));
            if (random.nextInt(4) == 0) {
                clock.advance(Duration.ofNanos(random.nextInt(3)));
            }
        }
        clock.advance(Duration.ofSeconds(1));

        assertThat(order)
                .hasSize(3_000)
                .isSortedAccordingTo(
                        Comparator.<long[]>comparingLong(task -> task[0]).thenComparingLong(task -> task[1]));
    }

    @Test
    void aTaskThatAnotherSchedulesRunsInTheSameAdvanceWhenItFallsDue() {
        time.schedule(1, () -> time.schedule(1, () -> ran.add("inner")));

        time.advance(Duration.ofNanos(2));

        assertThat(ran).containsExactly("inner");
    }

    @Test
    void aCancelledTaskDoesNotRunAndIsNotPending() {
        Scheduler.Scheduled task = time.schedule(1, () -> ran.add("task"));
        assertThat(time.pendingTasks()).isEqualTo(1);

        task.cancel();
        time.advance(Duration.ofSeconds(1));

        assertThat(ran).isEmpty();
        assertThat(time.pendingTasks()).isZero();
    }

    @Test
    void timeDoesNotRunBackwards() {
        assertThatThrownBy(() -> time.advance(Duration.ofNanos(-1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("PT-0.000000001S")
                .hasMessageContaining("must not be negative");
    }

    @Test
    void aTaskMayAdvanceTheClockAsWorkThatTakesTimeWould() {
        time.schedule(1_000_000_000L, () -> time.advance(Duration.ofSeconds(5)));
        time.schedule(2_000_000_000L, () -> ran.add("second at " + time.elapsed()));

        time.advance(Duration.ofSeconds(3));

        assertThat(ran).containsExactly("second at PT2S");
        assertThat(time.elapsed()).isEqualTo(Duration.ofSeconds(6));
    }

    @Test
    void aDelayBeyondTheEndOfTimeIsNeverDueRatherThanDueAtOnce() {
        time.advance(Duration.ofSeconds(1));
        time.schedule(Long.MAX_VALUE, () -> ran.add("never"));

        time.advance(Duration.ofDays(10_000));

        assertThat(ran).isEmpty();
    }

    @Test
    void anAdvanceBeyondTheEndOfTimeIsRefused() {
        time.advance(Duration.ofDays(100_000));

        assertThatThrownBy(() -> time.advance(Duration.ofDays(100_000)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("PT2400000H");
        assertThat(time.elapsed()).isEqualTo(Duration.ofDays(100_000));
    }

    @Test
    void blockingTasksRunAtTheNextAdvance() {
        Environment environment = time.environment(new Random(42));

        environment.blocking().execute(() -> ran.add("blocking"));
        assertThat(ran).isEmpty();
        time.advance(Duration.ZERO);

        assertThat(ran).containsExactly("blocking");
    }
}
