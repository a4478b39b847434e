package dev.evenkeel.lb.okhttp;

import dev.evenkeel.lb.BalancedCall;
import dev.evenkeel.lb.call.Destination;
import dev.evenkeel.lb.call.RequestInfo;
import java.net.HttpURLConnection;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/** What the core must know about a request: whether it may be sent twice, and whether it can. */
final class RepeatRules {
    private static final RequestInfo ONCE = new RequestInfo(false, false, RequestInfo.NO_TIMEOUT);
    private static final RequestInfo IDEMPOTENT_ONCE = new RequestInfo(true, false, RequestInfo.NO_TIMEOUT);

    private RepeatRules() {}

    /**
     * Describes a request.
     *
     * @param timeoutNanos the time for the whole call, or {@link RequestInfo#NO_TIMEOUT}
     * @param destination what it asks of the place it goes to
     */
    static RequestInfo describe(
            Request request, @Nullable CallSettings settings, long timeoutNanos, Destination destination) {
        Boolean said = settings == null ? null : settings.idempotent();
        boolean idempotent = said == null ? isIdempotent(request) : said;
        boolean replayable = isReplayable(request.body());
        if (timeoutNanos != RequestInfo.NO_TIMEOUT || !destination.equals(Destination.ANY)) {
            return new RequestInfo(idempotent, replayable, timeoutNanos, destination);
        }
        if (replayable) {
            return idempotent ? RequestInfo.IDEMPOTENT : RequestInfo.NON_IDEMPOTENT;
        }
        return idempotent ? IDEMPOTENT_ONCE : ONCE;
    }

    /** Returns whether a request may be under way twice at a time. An upgraded connection could not be taken back. */
    static boolean mayHaveCompany(BalancedCall balanced, Request request) {
        return balanced.mayHedge() && request.header("Upgrade") == null;
    }

    /** Returns whether a request is not sent again when its connection turns out to be dead. */
    static boolean isSentOnce(BalancedCall balanced) {
        RequestInfo request = balanced.request();
        return !(request.idempotent() && request.replayable());
    }

    /** RFC 9110 §9.2.2, and the header that many APIs take as a promise: draft-ietf-httpapi-idempotency-key-header. */
    private static boolean isIdempotent(Request request) {
        return switch (request.method()) {
            case "GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE" -> true;
            default -> request.header("Idempotency-Key") != null;
        };
    }

    private static boolean isReplayable(@Nullable RequestBody body) {
        return body == null || !(body.isOneShot() || body.isDuplex());
    }

    /**
     * Returns whether this is the second 408 of a call, which is returned, as OkHttp does: then it is not a connection that was idle for too
     * long, but a request that is too slow for the service.
     */
    static boolean isTimedOutAgain(@Nullable Response response, CallProgress.@Nullable Past trail) {
        if (response == null || response.code() != HttpURLConnection.HTTP_CLIENT_TIMEOUT) {
            return false;
        }
        int timeouts = 0;
        for (CallProgress.Past attempt = trail; attempt != null; attempt = attempt.previous()) {
            timeouts += HttpOutcomes.isRequestTimeout(attempt.outcome()) ? 1 : 0;
        }
        return timeouts > 1;
    }

    /** Returns whether the attempt that was picked is a trial, to be guarded by another one beside it. */
    static boolean isToBeGuarded(BalancedCall balanced, Request request) {
        return balanced.isOnTrial() && request.header("Upgrade") == null;
    }
}
