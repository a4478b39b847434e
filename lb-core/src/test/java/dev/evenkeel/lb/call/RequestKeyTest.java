package dev.evenkeel.lb.call;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

class RequestKeyTest {
    /** Published with xxHash and with Envoy's and Cyan4973's ports of it. */
    @Test
    void hashesAsEverybodyElse() {
        assertThat(RequestKey.of("").hash()).isEqualTo(0xEF46DB3751D8E999L);
        assertThat(RequestKey.of("a").hash()).isEqualTo(0xD24EC4F1A98C6E5BL);
        assertThat(RequestKey.of("abc").hash()).isEqualTo(0x44BC2CF5AD770999L);
        assertThat(RequestKey.of("Call me Ishmael. Some years ago--never mind how long precisely-")
                        .hash())
                .isEqualTo(0x02A2E85470D6FD96L);
    }

    @Test
    void textIsHashedAsUtf8() {
        assertThat(RequestKey.of("ü€😀")).isEqualTo(RequestKey.of(new byte[] {
            (byte) 0xC3,
            (byte) 0xBC,
            (byte) 0xE2,
            (byte) 0x82,
            (byte) 0xAC,
            (byte) 0xF0,
            (byte) 0x9F,
            (byte) 0x98,
            (byte) 0x80
        }));
    }

    @Test
    void aSubsetHoldsWhatHasAllItsMetadata() {
        Subset subset = Subset.of("version", "v2").and("role", "replica");

        assertThat(subset.contains(Map.of("version", "v2", "role", "replica", "zone", "a")))
                .isTrue();
        assertThat(subset.contains(Map.of("version", "v2"))).isFalse();
        assertThat(subset.contains(Map.of("version", "v1", "role", "replica"))).isFalse();
        assertThatThrownBy(() -> new Subset(Map.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("subset is empty, must name at least one metadata entry");
    }
}
