package dev.evenkeel.lb.call;

import java.nio.charset.StandardCharsets;

/**
 * What requests have in common that should go to the same endpoint: a user, a document, a shard. Only its hash is kept, so it says
 * nothing of what it was made from.
 *
 * @param hash 64 bits that are equal for equal keys, on every machine
 */
public record RequestKey(long hash) {
    /** Returns the key of a text, by XXH64 of its UTF-8 bytes: the hash that Envoy and gRPC use. */
    public static RequestKey of(String text) {
        return of(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Returns the key of some bytes, by XXH64. */
    public static RequestKey of(byte[] bytes) {
        return new RequestKey(Xxh64.hash(bytes, bytes.length, 0));
    }
}
