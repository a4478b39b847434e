package dev.evenkeel.lb.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.evenkeel.lb.sim.SplitMix64.Stream;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.LongStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class SplitMix64Test {
    @Property(tries = 50)
    void drawsWhatTheJdksOwnSplitMixDraws(@ForAll long seed) {
        SplitMix64 ours = SplitMix64.of(seed);
        SplittableRandom theirs = new SplittableRandom(seed);

        assertThat(LongStream.generate(ours::nextLong).limit(20))
                .containsExactlyElementsOf(theirs.longs(20).boxed().toList());
    }

    @Property
    void staysWithinItsBounds(@ForAll long seed, @ForAll int a, @ForAll int b) {
        SplitMix64 random = SplitMix64.of(seed);
        if (a != b) {
            assertThat(random.nextInt(Math.min(a, b), Math.max(a, b))).isBetween(Math.min(a, b), Math.max(a, b) - 1);
            assertThat(random.nextLong(Math.min(a, b), Math.max(a, b)))
                    .isBetween((long) Math.min(a, b), Math.max(a, b) - 1L);
        }
        assertThat(random.nextDouble()).isGreaterThanOrEqualTo(0).isLessThan(1);
        assertThat(random.nextFloat()).isGreaterThanOrEqualTo(0).isLessThan(1);
        assertThatThrownBy(() -> random.nextInt(0)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void bitsAndGaussiansAreEvenlySpread() {
        SplitMix64 random = SplitMix64.of(1);
        int heads = 0;
        double sum = 0;
        double squares = 0;
        int draws = 100_000;
        for (int i = 0; i < draws; i++) {
            heads += random.nextBoolean() ? 1 : 0;
            double value = random.nextGaussian();
            sum += value;
            squares += value * value;
        }

        assertThat((double) heads / draws).isCloseTo(0.5, within(0.01));
        assertThat(sum / draws).isCloseTo(0, within(0.02));
        assertThat(squares / draws).isCloseTo(1, within(0.02));
    }

    @Test
    void streamsDiffer() {
        List<Long> firsts = List.of(
                SplitMix64.stream(1, Stream.CALLS, 0).nextLong(),
                SplitMix64.stream(1, Stream.CALLS, 1).nextLong(),
                SplitMix64.stream(1, Stream.ARRIVALS, 0).nextLong(),
                SplitMix64.stream(2, Stream.CALLS, 0).nextLong());

        assertThat(firsts).doesNotHaveDuplicates();
    }

    /**
     * Those that it does not define itself must go back to one that it does, in every JDK: arrays and streams of
     * numbers do.
     */
    @Test
    void definesEveryMethodThatDrawsOneNumber() {
        List<String> inherited = Arrays.stream(RandomGenerator.class.getMethods())
                .filter(method -> method.getName().startsWith("next") && method.getReturnType() != void.class)
                .filter(method -> !isDefined(method))
                .map(Method::toString)
                .toList();

        assertThat(inherited).isEmpty();
    }

    private static boolean isDefined(Method method) {
        try {
            return SplitMix64.class
                            .getMethod(method.getName(), method.getParameterTypes())
                            .getDeclaringClass()
                    == SplitMix64.class;
        } catch (NoSuchMethodException e) {
            throw new AssertionError(e);
        }
    }
}
