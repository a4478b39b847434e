package dev.evenkeel.lb;

import java.nio.charset.StandardCharsets;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import javax.crypto.KeyGenerator;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * How long sessions stay with their endpoint, and how many of them are remembered. Which requests make up a session is said to the
 * adapters. Immutable.
 *
 * <p>Sessions are recognised in one of two ways. Those that an application knows by a key of its own are kept in a table of this process,
 * which learns where each lives. Those that get a token from us bring along where they live: nothing is kept, a restart forgets nothing, and
 * all processes with the same secret understand each other's tokens.
 */
public final class StickySessions {
    /** 30 minutes, at most 100,000 sessions, and a secret of this process alone. */
    public static final StickySessions DEFAULT = new StickySessions(Duration.ofMinutes(30), 100_000, null);

    static final String MAC = "HmacSHA256";

    private static final Duration LONGEST = Duration.ofDays(30);
    private static final int MOST_SESSIONS = 10_000_000;
    private static final int SHORTEST_SECRET = 16;

    private final Duration ttl;
    private final int maxSessions;
    private final @Nullable SecretKey secret;

    private StickySessions(Duration ttl, int maxSessions, @Nullable SecretKey secret) {
        this.ttl = ttl;
        this.maxSessions = maxSessions;
        this.secret = secret;
    }

    /**
     * Returns these settings with another time for which a session stays where it is, after its latest answer if it is known by a key. Of one
     * with a token it is what the client is told, and that one that comes later all the same still counts, as nothing here remembers when
     * it was given out. It is also how long an endpoint that drains keeps the sessions it has. 1 s to 30 days, in whole seconds.
     */
    public StickySessions withTtl(Duration newTtl) {
        if (newTtl.compareTo(Duration.ofSeconds(1)) < 0 || newTtl.compareTo(LONGEST) > 0 || newTtl.toNanosPart() != 0) {
            throw new IllegalArgumentException(
                    "stickySessions.ttl is " + newTtl + ", must be 1 s to 30 days, in whole seconds");
        }
        return new StickySessions(newTtl, maxSessions, secret);
    }

    /**
     * Returns these settings with another number of sessions that are remembered, 1 to 10,000,000; more push out those that are used least.
     * Tokens are not remembered and so not counted.
     */
    public StickySessions withMaxSessions(int newMaxSessions) {
        if (newMaxSessions < 1 || newMaxSessions > MOST_SESSIONS) {
            throw new IllegalArgumentException(
                    "stickySessions.maxSessions is " + newMaxSessions + ", must be 1 to " + MOST_SESSIONS);
        }
        return new StickySessions(ttl, newMaxSessions, secret);
    }

    /**
     * Returns these settings with the secret from which tokens are made. Processes that share their clients, such as the instances of a
     * gateway, need the same one, and it must outlive a restart if sessions are to. By default it is a random one of this process. Whoever
     * knows it can tell the endpoint of a token, as far as ids of endpoints can be guessed.
     *
     * @param newSecret at least 16 bytes in UTF-8, and hard to guess
     */
    public StickySessions withSecret(String newSecret) {
        byte[] bytes = newSecret.getBytes(StandardCharsets.UTF_8);
        if (bytes.length < SHORTEST_SECRET) {
            throw new IllegalArgumentException(
                    "stickySessions.secret has " + bytes.length + " bytes, must have at least " + SHORTEST_SECRET);
        }
        return new StickySessions(ttl, maxSessions, new SecretKeySpec(bytes, MAC));
    }

    /** Returns how long a session stays where it is. */
    public Duration ttl() {
        return ttl;
    }

    /** Returns how many sessions are remembered. */
    public int maxSessions() {
        return maxSessions;
    }

    SecretKey secretOrRandom() {
        return Objects.requireNonNullElseGet(secret, StickySessions::randomSecret);
    }

    private static SecretKey randomSecret() {
        try {
            return KeyGenerator.getInstance(MAC).generateKey();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this JDK has no " + MAC + ", which all must have", e);
        }
    }

    /** Adds these settings by name, in words. */
    static void describe(@Nullable StickySessions sessions, Map<String, String> all) {
        StickySessions shown = sessions == null ? DEFAULT : sessions;
        all.put("stickySessions", sessions == null ? "OFF" : "ON");
        all.put("stickySessions.ttl", Settings.text(shown.ttl));
        all.put("stickySessions.maxSessions", String.valueOf(shown.maxSessions));
        all.put("stickySessions.secret", shown.secret == null ? "random" : "given");
    }

    /** Returns the settings, without the secret. */
    @Override
    public String toString() {
        return "stickySessions of " + Settings.text(ttl) + ", at most " + maxSessions + ", secret "
                + (secret == null ? "random" : "given");
    }
}
