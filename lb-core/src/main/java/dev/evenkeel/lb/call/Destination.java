package dev.evenkeel.lb.call;

import org.jspecify.annotations.Nullable;

/**
 * What a request asks of the place it goes to. Immutable.
 *
 * @param key requests with the same key go to the same endpoint, where the policy is one that looks at keys; null for no key
 * @param subset only endpoints with these metadata; null for all
 */
public record Destination(
        @Nullable RequestKey key, @Nullable Subset subset) {
    /** Any endpoint will do. */
    public static final Destination ANY = new Destination(null, null);

    /** Returns this destination for requests with a key. */
    public Destination withKey(RequestKey newKey) {
        return new Destination(newKey, subset);
    }

    /** Returns this destination within a subset. */
    public Destination withSubset(Subset newSubset) {
        return new Destination(key, newSubset);
    }
}
