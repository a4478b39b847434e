package dev.evenkeel.lb.call;

import org.jspecify.annotations.Nullable;

/**
 * What a request asks of the place it goes to. Immutable.
 *
 * @param key requests with the same key go to the same endpoint, where the policy is one that looks at keys; null for no key
 * @param subset only endpoints with these metadata; null for all
 * @param session where the session lives, as long as it can be served there, whatever the policy is; null for no session
 */
public record Destination(
        @Nullable RequestKey key,
        @Nullable Subset subset,
        @Nullable Session session) {
    /** Any endpoint will do. */
    public static final Destination ANY = new Destination(null, null, null);

    /** Returns this destination for requests with a key. */
    public Destination withKey(RequestKey newKey) {
        return new Destination(newKey, subset, session);
    }

    /** Returns this destination within a subset. */
    public Destination withSubset(Subset newSubset) {
        return new Destination(key, newSubset, session);
    }

    /** Returns this destination for requests of a session. */
    public Destination withSession(Session newSession) {
        return new Destination(key, subset, newSession);
    }
}
