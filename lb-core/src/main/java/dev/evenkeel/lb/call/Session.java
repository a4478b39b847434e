package dev.evenkeel.lb.call;

import java.util.Objects;

/**
 * What a request belongs to together with those before it: it should go where they went, since that endpoint remembers something.
 * Immutable. It has an effect where the load balancer has sticky sessions.
 */
public sealed interface Session {
    /** Returns the session that an application knows by this text, such as the value of its session cookie. */
    static Session of(String id) {
        return new Keyed(RequestKey.of(id));
    }

    /** Returns the session that was told by this token where it lives. */
    static Session ofToken(String token) {
        return new Told(token);
    }

    /**
     * Returns the session of a request that brings no token, and whose answer will tell one: it begins where there are few sessions, and not where
     * the policy would send one request.
     */
    static Session beginning() {
        return Told.NONE;
    }

    /**
     * A session that an application knows by a key. Where it lives is learnt from who answers it first.
     *
     * @param key what its requests have in common
     */
    record Keyed(RequestKey key) implements Session {
        public Keyed {
            Objects.requireNonNull(key, "key");
        }
    }

    /**
     * A session whose requests say where it lives, by a token that the load balancer of some process gave out.
     *
     * @param token may be anything, for it comes from outside
     */
    record Told(String token) implements Session {
        private static final Told NONE = new Told("");

        public Told {
            Objects.requireNonNull(token, "token");
        }

        /** Returns not the token, which logs need not know. */
        @Override
        public String toString() {
            return "Told[token of " + token.length() + " characters]";
        }
    }
}
