package dev.evenkeel.lb.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;

class SortedHashesTest {
    @Property
    void sortsAsUnsignedNumbersAndKeepsTheOrderOfEquals(@ForAll @Size(min = 1, max = 300) long[] hashes) {
        int[] positions = IntStream.range(0, hashes.length).toArray();
        int[] sorted = IntStream.of(positions)
                .boxed()
                .sorted((a, b) -> Long.compareUnsigned(hashes[a], hashes[b]))
                .mapToInt(i -> i)
                .toArray();

        SortedHashes result = new SortedHashes(hashes, positions);

        assertThat(result.owners).containsExactly(sorted);
        assertThat(result.hashes)
                .containsExactly(Arrays.stream(sorted).mapToLong(i -> hashes[i]).toArray());
    }

    @Property
    void theGuideLeadsToTheFirstThatIsNotBefore(@ForAll @Size(min = 1, max = 300) long[] hashes, @ForAll long key) {
        long[] sorted = Arrays.stream(hashes)
                .boxed()
                .sorted(Long::compareUnsigned)
                .mapToLong(i -> i)
                .toArray();
        int shift = SortedHashes.shiftFor(sorted.length);
        int start = SortedHashes.guide(sorted, shift)[(int) (key >>> shift)];

        for (int i = 0; i < start; i++) {
            assertThat(Long.compareUnsigned(sorted[i], key)).isNegative();
        }
    }
}
