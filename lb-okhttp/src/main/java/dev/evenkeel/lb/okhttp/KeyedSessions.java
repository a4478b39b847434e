package dev.evenkeel.lb.okhttp;

import dev.evenkeel.lb.Sessions;
import dev.evenkeel.lb.call.RequestKey;
import dev.evenkeel.lb.call.Session;
import dev.evenkeel.lb.endpoint.Endpoint;
import okhttp3.CookieJar;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * Sessions that the application knows by a key of its own. Where one lives is learnt from who answers it first, or names it: HAProxy's
 * {@code stick store-response}.
 */
final class KeyedSessions implements ServiceSessions {
    private final String service;
    private final Sessions sessions;
    private final KeyReader keys;

    KeyedSessions(String service, Sessions sessions, KeySource source) {
        this.service = service;
        this.sessions = sessions;
        this.keys = new KeyReader(service, source);
    }

    @Override
    public CallSession begin(Request request, CookieJar jar) {
        RequestKey key = keys.read(request, jar);
        return new Keyed(key == null ? null : new Session.Keyed(key), this);
    }

    private record Keyed(@Nullable Session session, KeyedSessions of) implements CallSession {
        @Override
        public Response answered(Response response, Served served) {
            Endpoint endpoint = served.last().endpoint();
            for (Response part = response; part != null; part = part.priorResponse()) {
                of.learn(part, endpoint);
            }
            return response;
        }
    }

    /** A log-in often answers with a redirect, which OkHttp has followed by now: at the same endpoint, if it was the service's own. */
    private void learn(Response response, Endpoint endpoint) {
        if (response.networkResponse() == null
                || !response.request().url().host().equals(service)) {
            return;
        }
        String text = keys.source().readAnswer(response);
        if (text != null && !text.isEmpty() && text.length() <= KeySource.LONGEST) {
            sessions.begin(RequestKey.of(text), endpoint);
        }
    }
}
