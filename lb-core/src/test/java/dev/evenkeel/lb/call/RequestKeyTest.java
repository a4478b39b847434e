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

    /** The self-test of xxHash, {@code xxhash.c -b}, of which these are the numbers. */
    @Test
    void seedsAndLengthsAreThoseOfXxHash() {
        byte[] bytes = new byte[222];
        long generator = 2_654_435_761L;
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (generator >>> 56);
            generator *= 0x9E37_79B1_85EB_CA8DL;
        }

        assertThat(Xxh64.hash(bytes, 0, 2_654_435_761L)).isEqualTo(0xAC75FDA2929B17EFL);
        assertThat(Xxh64.hash(bytes, 1, 0)).isEqualTo(0xE934A84ADB052768L);
        assertThat(Xxh64.hash(bytes, 1, 2_654_435_761L)).isEqualTo(0x5014607643A9B4C3L);
        assertThat(Xxh64.hash(bytes, 14, 0)).isEqualTo(0x8282DCC4994E35C8L);
        assertThat(Xxh64.hash(bytes, 14, 2_654_435_761L)).isEqualTo(0xC3BD6BF63DEB6DF0L);
        assertThat(Xxh64.hash(bytes, 222, 0)).isEqualTo(0xB641AE8CB691C174L);
        assertThat(Xxh64.hash(bytes, 222, 2_654_435_761L)).isEqualTo(0x20CB8AB7AE10C14AL);
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
