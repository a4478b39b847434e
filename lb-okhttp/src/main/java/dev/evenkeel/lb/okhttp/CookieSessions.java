package dev.evenkeel.lb.okhttp;

import dev.evenkeel.lb.Sessions;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.Session;
import dev.evenkeel.lb.call.Subset;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.text.OneLine;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import okhttp3.Cookie;
import okhttp3.CookieJar;
import okhttp3.HttpUrl;
import okhttp3.Request;
import okhttp3.Response;

/**
 * Sessions that are told by a cookie of ours where they live. Nothing is kept here: the cookie is the endpoint's token and the second in
 * which it was made, by which one that is in use is renewed in time.
 */
final class CookieSessions implements ServiceSessions {
    private static final System.Logger LOG = System.getLogger(EvenkeelOkHttp.class.getName());
    private static final int RADIX = 36;
    private static final int LONGEST = 64; // a token has 22 characters, and a time 6

    /** A cookie from a future further away than clocks differ says nothing of its age. */
    private static final long CLOCKS_DIFFER_SECONDS = 60;

    private final String service;
    private final Sessions sessions;
    private final SessionCookie cookie;
    private final String name;
    private final AtomicBoolean said = new AtomicBoolean();

    CookieSessions(String service, Sessions sessions, SessionCookie cookie) {
        this.service = service;
        this.sessions = sessions;
        this.cookie = cookie;
        this.name = cookie.name();
    }

    @Override
    public CallSession begin(Request request, CookieJar jar) {
        try {
            String value = Cookies.find(request, jar, name);
            String text = value == null || value.length() > LONGEST ? "" : value;
            return new Told(text, isAway(text), request, jar, this);
        } catch (Exception e) { // jars in Kotlin may throw what they do not declare
            say(e);
            return new Told("", false, request, CookieJar.NO_COOKIES, this);
        }
    }

    private boolean isAway(String value) {
        return !value.isEmpty() && sessions.isAway(session(value));
    }

    private static Session session(String value) {
        return Session.ofToken(value.substring(0, tokenLength(value)));
    }

    private static int tokenLength(String value) {
        int dot = value.indexOf('.');
        return dot < 0 ? value.length() : dot;
    }

    private void say(Exception e) {
        if (said.compareAndSet(false, true)) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    service + ": the client's cookie jar failed, and the session's cookie " + name
                            + " was not read or saved. It is logged only this once",
                    OneLine.of(e));
        }
    }

    /**
     * A call.
     *
     * @param value of the cookie it brought; empty if none
     * @param away whether the endpoint of the session asked for a pause when the call began
     */
    private record Told(String value, boolean away, Request request, CookieJar jar, CookieSessions of)
            implements CallSession {
        @Override
        public Session session() {
            return value.isEmpty() ? Session.beginning() : CookieSessions.session(value);
        }

        @Override
        public Response answered(Response response, Served served) {
            boolean answers =
                    served.outcome().kind() == Outcome.Kind.SUCCESS // what refuses a request begins no session
                            && response.networkResponse() != null
                            && response.request().url().host().equals(of.service);
            if (!answers) {
                return response;
            }
            long now = TimeUnit.MILLISECONDS.toSeconds(response.receivedResponseAtMillis());
            Endpoint endpoint = served.last().endpoint();
            String token = of.sessions.token(endpoint);
            return token == null || !of.sessions.isOpen(endpoint) || isToStay(served, now)
                    ? response
                    : of.tell(response, token + "." + Long.toString(now, RADIX), jar);
        }

        /** Returns whether the cookie is good for some time yet, though perhaps not for this one request, which was a retry. */
        private boolean isToStay(Served served, long nowSeconds) {
            Endpoint home = of.sessions.find(session());
            if (home == null) {
                return false;
            }
            if (!home.id().equals(served.first().endpoint().id())) {
                if (away || of.isAway(value)) {
                    return true;
                }
                Subset wanted = request.tag(Subset.class);
                return wanted != null && !wanted.contains(home.metadata());
            }
            boolean elsewhere = !home.id().equals(served.last().endpoint().id());
            return elsewhere || isFresh(nowSeconds);
        }

        private boolean isFresh(long nowSeconds) {
            try {
                String made = value.substring(Math.min(value.length(), tokenLength(value) + 1));
                long age = nowSeconds - Long.parseLong(made, RADIX);
                return age >= -CLOCKS_DIFFER_SECONDS && age < of.sessions.ttl().toSeconds() / 2;
            } catch (NumberFormatException e) {
                return false;
            }
        }
    }

    /** The jar has seen the response's cookies already, as it sits further inside. */
    private Response tell(Response response, String value, CookieJar jar) {
        String text = cookie.text(value, sessions.ttl().toSeconds());
        if (jar != CookieJar.NO_COOKIES) {
            HttpUrl url = response.request().url();
            Cookie parsed = Cookie.parse(url, text);
            try {
                if (parsed != null) {
                    jar.saveFromResponse(url, List.of(parsed));
                }
            } catch (Exception e) {
                say(e);
            }
        }
        return response.newBuilder().addHeader("Set-Cookie", text).build();
    }
}
