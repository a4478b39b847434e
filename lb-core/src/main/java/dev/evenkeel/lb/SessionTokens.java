package dev.evenkeel.lb;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import org.jspecify.annotations.Nullable;

/**
 * The names under which clients know endpoints: HMAC-SHA256 over the id, cut to 128 bits. Without the secret nobody can tell an endpoint
 * from its token or make a token for one, and what is not the token of an endpoint that is here means nothing.
 *
 * <p>Read by many threads; written under the cluster's lock.
 */
final class SessionTokens {
    private static final int BYTES = 16;
    private static final Base64.Encoder TEXT = Base64.getUrlEncoder().withoutPadding();

    /** Departed ids are thrown out when there are as many as this, and as many as others. Guessed. */
    private static final int SLACK = 1_000;

    private final Mac mac; // used under the cluster's lock
    private final Map<String, String> idByToken = new ConcurrentHashMap<>();
    private final Map<String, String> tokenById = new ConcurrentHashMap<>();

    SessionTokens(SecretKey secret) {
        try {
            this.mac = Mac.getInstance(StickySessions.MAC);
            mac.init(secret);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK has no " + StickySessions.MAC + ", which all must have", e);
        }
    }

    /**
     * Takes up an endpoint.
     *
     * @param isThere which ids are in the list
     */
    void add(String id, int listed, Predicate<String> isThere) {
        if (tokenById.containsKey(id)) {
            return;
        }
        if (tokenById.size() >= 2 * listed + SLACK) {
            tokenById.keySet().removeIf(known -> !isThere.test(known));
            idByToken.values().removeIf(known -> !isThere.test(known));
        }
        byte[] code = mac.doFinal(id.getBytes(StandardCharsets.UTF_8));
        String token = TEXT.encodeToString(Arrays.copyOf(code, BYTES));
        tokenById.put(id, token);
        idByToken.put(token, id);
    }

    /** Returns the id of the endpoint with this token; null if it is nobody's. */
    @Nullable
    String id(String token) {
        return idByToken.get(token);
    }

    /** Returns the token of the endpoint with this id; null if it left long ago. */
    @Nullable
    String token(String id) {
        return tokenById.get(id);
    }
}
