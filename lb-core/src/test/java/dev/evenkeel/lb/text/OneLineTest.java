package dev.evenkeel.lb.text;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OneLineTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "\n", "\r", "\t", "\u001b", "\u0000", "\u007f", "\u0085", "\u009b", "\u2028", "\u2029", "\u202e",
                "\u2066", "\u200b", "\ufeff", "\ud800"
            })
    void whatCanForgeOrHideALineIsReplaced(String character) {
        assertThat(OneLine.of("a" + character + "b")).isEqualTo("a?b");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "orders-1", "Ä ö – … 東京", "\ud83d\ude00"})
    void ordinaryTextIsTheSameString(String text) {
        assertThat(OneLine.of(text)).isSameAs(text);
    }

    @Test
    void aQuotedTextIsShortAndMarked() {
        assertThat(OneLine.quote("a\nb")).isEqualTo("'a?b'");
        assertThat(OneLine.quote("x".repeat(41))).isEqualTo("'" + "x".repeat(40) + "…'");
    }

    @Property
    void anyTextBecomesOneLineWithoutControlCharacters(@ForAll String text) {
        String safe = OneLine.of(text);

        assertThat(safe.lines().count()).isLessThanOrEqualTo(1);
        assertThat(safe).doesNotContainPattern("\\p{Cntrl}|\\p{Cf}");
        assertThat(OneLine.of(safe)).isSameAs(safe);
    }
}
