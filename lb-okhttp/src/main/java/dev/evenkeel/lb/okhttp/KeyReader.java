package dev.evenkeel.lb.okhttp;

import dev.evenkeel.lb.call.RequestKey;
import dev.evenkeel.lb.text.OneLine;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import okhttp3.CookieJar;
import okhttp3.Request;
import org.jspecify.annotations.Nullable;

/**
 * Reads the keys of one service's requests. Whatever it comes upon, a call is never worse off than without a key; what it comes upon is
 * logged once. Safe for use by many threads.
 */
final class KeyReader {
    private static final System.Logger LOG = System.getLogger(EvenkeelOkHttp.class.getName());

    private final String service;
    private final KeySource source;
    private final Set<String> said = ConcurrentHashMap.newKeySet();

    KeyReader(String service, KeySource source) {
        this.service = service;
        this.source = source;
    }

    KeySource source() {
        return source;
    }

    /** Returns the key of a request, or null. */
    @Nullable
    RequestKey read(Request request, CookieJar jar) {
        try {
            String text = source.read(request, jar);
            if (text == null || text.isEmpty()) {
                say(System.Logger.Level.INFO, "has none", null);
            } else if (text.length() > KeySource.LONGEST) {
                say(System.Logger.Level.WARNING, "has one of more than " + KeySource.LONGEST + " characters", null);
            } else {
                return RequestKey.of(text);
            }
        } catch (Exception e) { // Kotlin's functions may throw what they do not declare
            if (e instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
            say(System.Logger.Level.WARNING, "could not be asked for it", e);
        }
        return null;
    }

    private void say(System.Logger.Level level, String what, @Nullable Exception e) {
        if (said.add(what)) {
            LOG.log(
                    level,
                    service + ": requests have a key by " + source + ", but one " + what
                            + "; such requests go as the policy says without a key. It is logged only this once",
                    e == null ? null : OneLine.of(e));
        }
    }
}
