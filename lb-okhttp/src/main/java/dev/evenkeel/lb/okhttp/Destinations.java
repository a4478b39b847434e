package dev.evenkeel.lb.okhttp;

import dev.evenkeel.lb.call.Destination;
import dev.evenkeel.lb.call.RequestKey;
import dev.evenkeel.lb.call.Session;
import dev.evenkeel.lb.call.Subset;
import kotlin.jvm.JvmClassMappingKt;
import kotlin.reflect.KClass;
import okhttp3.CookieJar;
import okhttp3.Request;
import org.jspecify.annotations.Nullable;

/**
 * What requests of one service ask of the place they go to.
 *
 * @param keys reads their keys; null if they have none
 * @param sessions recognises their sessions; null if they have none
 */
record Destinations(@Nullable KeyReader keys, @Nullable ServiceSessions sessions) {
    static final Destinations ANY = new Destinations(null, null);

    private static final KClass<Subset> SUBSET = JvmClassMappingKt.getKotlinClass(Subset.class);

    /** Returns the session that a call belongs to; null where there are no sessions. */
    @Nullable
    CallSession session(Request request, CookieJar jar) {
        return sessions == null ? null : sessions.begin(request, jar);
    }

    /** Returns what a request asks; makes no object where it asks nothing. A subset is asked of the service that the user's own request is for. */
    Destination of(Hop hop, CookieJar jar, @Nullable CallSession inSession) {
        Request request = hop.request();
        Destination destination = Destination.ANY;
        RequestKey key = keys == null ? null : keys.read(request, jar);
        if (key != null) {
            destination = destination.withKey(key);
        }
        Subset subset = hop.isFirst() ? request.tag(SUBSET) : null;
        if (subset != null) {
            destination = destination.withSubset(subset);
        }
        Session session = inSession == null ? null : inSession.session();
        return session == null ? destination : destination.withSession(session);
    }
}
