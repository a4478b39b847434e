package dev.evenkeel.lb.policy;

import dev.evenkeel.lb.call.Xxh64;
import dev.evenkeel.lb.endpoint.Endpoint;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** What of an endpoint is hashed: what it calls itself for the purpose, or its address. */
final class HashedName implements Comparable<HashedName> {
    private static final int MOST_DIGITS = 10;

    private final byte[] bytes;

    HashedName(Endpoint endpoint) {
        String name = endpoint.metadata().getOrDefault(KeyedPolicy.HASH_KEY, "");
        bytes = (name.isEmpty() ? endpoint.address() : name).getBytes(StandardCharsets.UTF_8);
    }

    long hash(long seed) {
        return Xxh64.hash(bytes, bytes.length, seed);
    }

    /** Writes the hashes of {@code name_0}, {@code name_1}, … */
    void hashNumbered(long[] hashes, int from, int to) {
        byte[] text = Arrays.copyOf(bytes, bytes.length + 1 + MOST_DIGITS);
        text[bytes.length] = '_';
        for (int i = from; i < to; i++) {
            int length = write(i - from, text, bytes.length + 1);
            hashes[i] = Xxh64.hash(text, length, 0);
        }
    }

    /** Writes a number in decimal, and returns where it ends. */
    private static int write(int number, byte[] text, int from) {
        int end = from + 1;
        for (int rest = number; rest >= 10; rest /= 10) {
            end++;
        }
        int rest = number;
        for (int at = end - 1; at >= from; at--) {
            text[at] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
        return end;
    }

    @Override
    public int compareTo(HashedName other) {
        return Arrays.compareUnsigned(bytes, other.bytes);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof HashedName that && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }
}
