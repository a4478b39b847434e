package dev.evenkeel.benchmarks.report;

import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SpanTest {
    @Test
    void overlappingSpansAreJoined() {
        assertThat(Span.union(List.of(span(8, 9), span(1, 5), span(2, 3), span(5, 6), span(12, 13))))
                .containsExactly(span(1, 6), span(8, 9), span(12, 13));
        assertThat(Span.union(List.of())).isEmpty();
    }

    @Test
    void aRunIsCutIntoFewPartsOfWholeSeconds() {
        assertThat(Span.cut(ofSeconds(40))).hasSize(40).endsWith(span(39, 40));
        assertThat(Span.cut(ofSeconds(75))).hasSize(38).endsWith(span(74, 75));
        assertThat(Span.cut(ofMinutes(10))).hasSize(60);
    }

    private static Span span(int from, int to) {
        return new Span(ofSeconds(from), ofSeconds(to));
    }
}
