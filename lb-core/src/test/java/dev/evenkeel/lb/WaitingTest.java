package dev.evenkeel.lb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class WaitingTest {
    private static final double MICRO = 1 << 10; // the precision of start times

    @Property(tries = 500)
    void meanAgeIsThatOfAListOfStartTimesWhateverTheClockReads(
            @ForAll long origin, @ForAll long seed, @ForAll @IntRange(min = 1, max = 300) int steps) {
        SplittableRandom random = new SplittableRandom(seed);
        List<Long> model = new ArrayList<>();
        long word = 0;
        long elapsed = 0;
        for (int i = 0; i < steps; i++) {
            elapsed += random.nextLong(100_000_000);
            if (model.isEmpty() || random.nextInt(5) < 3) {
                model.add(elapsed);
                word += Waiting.one(origin + elapsed);
            } else {
                word -= Waiting.one(origin + model.remove(random.nextInt(model.size())));
            }
            double now = elapsed;
            double mean =
                    model.stream().mapToDouble(start -> now - start).average().orElse(0);
            assertThat(Waiting.count(word)).isEqualTo(model.size());
            assertThat(Waiting.meanAgeNanos(word, origin + elapsed)).isCloseTo(mean, within(MICRO));
        }
    }

    @Property(tries = 200)
    void nothingIsLeftOnceAllHaveAnswered(@ForAll long origin, @ForAll @IntRange(min = 1, max = 100) int attempts) {
        long word = 0;
        for (int i = 0; i < attempts; i++) {
            word += Waiting.one(origin + i * 1_000_003L);
        }
        for (int i = 0; i < attempts; i++) {
            word -= Waiting.one(origin + i * 1_000_003L);
        }

        assertThat(word).isZero();
        assertThat(Waiting.meanAgeNanos(word, origin)).isZero();
    }

    @Example
    void theClockMayOverflowWhileAttemptsWait() {
        long start = Long.MAX_VALUE - 5;
        long word = Waiting.one(start);

        assertThat(Waiting.meanAgeNanos(word, start + 1_000_000_000)).isCloseTo(1e9, within(MICRO));
        assertThat(word - Waiting.one(start)).isZero();
    }

    @Example
    void aReadingOlderThanTheStartIsNoAge() {
        long word = Waiting.one(10_000_000_000L);

        assertThat(Waiting.meanAgeNanos(word, 9_000_000_000L)).isZero();
    }

    @Example
    void aThousandAttemptsMayWaitForTwoHours() {
        long word = 0;
        for (int i = 0; i < 1_000; i++) {
            word += Waiting.one(77);
        }
        double twoHours = (double) Duration.ofHours(2).toNanos();

        assertThat(Waiting.meanAgeNanos(word, 77 + (long) twoHours)).isCloseTo(twoHours, within(MICRO));
    }

    @Example
    void aHundredThousandAttemptsMayWaitForAMinute() {
        long word = 0;
        for (int i = 0; i < 100_000; i++) {
            word += Waiting.one(-1);
        }
        double minute = (double) Duration.ofMinutes(1).toNanos();

        assertThat(Waiting.count(word)).isEqualTo(100_000);
        assertThat(Waiting.meanAgeNanos(word, (long) minute)).isCloseTo(minute, within(2 * MICRO));
    }
}
