package dev.evenkeel.lb.okhttp;

import dev.evenkeel.lb.call.Judgement;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.Outcome.Kind;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.ProtocolException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownServiceException;
import java.security.cert.CertificateException;
import java.time.Duration;
import javax.net.ssl.SSLPeerUnverifiedException;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * What HTTP's answers and OkHttp's exceptions mean: pure functions to an {@link Outcome}. Some exceptions are told apart by name and
 * message, because OkHttp does not export their classes.
 */
final class HttpOutcomes {
    static final Outcome CALLER_FAILED = Outcome.of(Kind.NOT_SENT, "failed on the caller's side");
    static final Outcome FROM_CACHE = Outcome.of(Kind.NOT_SENT, "answered by the cache");
    static final Outcome ELSEWHERE = Outcome.of(Kind.NOT_SENT, "failed at another host that it was redirected to");
    static final Outcome DEADLINE = Outcome.of(Kind.TIMED_OUT, "no answer before the call's deadline");
    static final Outcome STALE = Outcome.of(Kind.STALE_CONNECTION, "pooled connection was closed");

    static final Outcome LEAKED = Outcome.of(Kind.CANCELLED, "response was never closed");

    private static final int TOO_MANY_REQUESTS = 429;
    private static final int BAD_GATEWAY = 502;
    private static final int SERVICE_UNAVAILABLE = 503;
    private static final int GATEWAY_TIMEOUT = 504;
    private static final int REQUEST_TIMEOUT = 408;
    private static final int FIRST_REFUSAL = 400;
    private static final int FIRST_FAILURE = 500;
    private static final int STATUSES = 600;

    private final Outcome[] byStatus = new Outcome[STATUSES]; // 400 to 999, so that no answer costs an object

    private final HttpJudges judges;

    /** Creates the table of answers, with what the application says of some. */
    HttpOutcomes(HttpJudges judges) {
        this.judges = judges;
        for (int i = 0; i < STATUSES; i++) {
            int status = FIRST_REFUSAL + i;
            byStatus[i] = Outcome.of(kind(status), "HTTP " + status);
        }
    }

    /**
     * A refusal concerns the request. Of a 408 the server says that it has not had the whole request, and that it may be sent again, RFC
     * 9110 §15.5.9; HAProxy says so on connections that were idle. Statuses beyond 599 are like server errors, RFC 9110 §15.
     */
    private static Kind kind(int status) {
        return switch (status) {
            case REQUEST_TIMEOUT -> Kind.NOT_PROCESSED;
            case BAD_GATEWAY, SERVICE_UNAVAILABLE, GATEWAY_TIMEOUT -> Kind.UNAVAILABLE;
            default -> status >= FIRST_FAILURE ? Kind.FAILED : Kind.REJECTED;
        };
    }

    /** Returns what an answer from the network means. Redirects, and the change of protocols, are good answers. */
    Outcome of(Response response) {
        Judgement judgement = judges.judge(response);
        if (judgement != null) {
            return judgement.outcome(
                    "HTTP " + response.code(),
                    judgement == Judgement.PUSHBACK ? RetryAfter.of(response) : Duration.ZERO);
        }
        int row = response.code() - FIRST_REFUSAL;
        if (row < 0 || row >= STATUSES) {
            return Outcome.SUCCESS;
        }
        if (response.code() == TOO_MANY_REQUESTS || response.code() == SERVICE_UNAVAILABLE) {
            Duration pause = RetryAfter.of(response);
            // A 503 that asks for no pause is an outage like any other; a 429 always asks for less.
            if (response.code() == TOO_MANY_REQUESTS || !pause.isZero()) {
                return Outcome.pushback("HTTP " + response.code(), pause);
            }
        }
        return byStatus[row];
    }

    /** Returns whether an attempt was answered by a 408 that means what it says. */
    static boolean isRequestTimeout(@Nullable Outcome outcome) {
        return outcome != null
                && outcome.kind() == Kind.NOT_PROCESSED
                && outcome.reason().equals("HTTP " + REQUEST_TIMEOUT);
    }

    /** Returns what it means that an attempt ended without an answer to return. */
    static Outcome of(IOException failure, Reached reached) {
        if (isInterrupt(failure)) {
            return Outcome.CANCELLED;
        }
        if (isNotProcessed(failure)) {
            return outcome(Kind.NOT_PROCESSED, failure);
        }
        return switch (reached.stage()) {
            case PICKED -> notConnected(failure);
            case CONNECTED -> reached.reused() && failure instanceof SocketException ? STALE : CALLER_FAILED;
            case SENT -> {
                if (!reached.transportFailed()) {
                    yield CALLER_FAILED; // the request's body or a network interceptor threw, the connection is fine
                }
                if (failure instanceof SocketTimeoutException) {
                    yield outcome(Kind.TIMED_OUT, failure);
                }
                boolean stale = reached.reused() && !reached.multiplexed() && !(failure instanceof ProtocolException);
                yield stale ? STALE : outcome(Kind.BROKEN, failure);
            }
            case ANSWERED -> reached.transportFailed() ? ofBody(failure) : CALLER_FAILED;
        };
    }

    /** Returns what it means that a body broke off. */
    static Outcome ofBody(IOException failure) {
        return isInterrupt(failure) ? Outcome.CANCELLED : outcome(Kind.BODY_BROKEN, failure);
    }

    /** The thread was interrupted; a time-out of the socket is a subclass, and something else. */
    static boolean isInterrupt(IOException failure) {
        return failure instanceof InterruptedIOException && !(failure instanceof SocketTimeoutException);
    }

    private static Outcome notConnected(IOException failure) {
        if (failure instanceof UnknownServiceException) {
            return CALLER_FAILED; // the client is not allowed to use such URLs
        }
        return outcome(isUntrusted(failure) ? Kind.UNTRUSTED : Kind.CONNECT_FAILED, failure);
    }

    private static boolean isUntrusted(IOException failure) {
        for (@Nullable Throwable e = failure; e != null; e = e.getCause()) {
            if (e instanceof SSLPeerUnverifiedException || e instanceof CertificateException) {
                return true;
            }
        }
        return false;
    }

    private static boolean isNotProcessed(IOException failure) {
        String message = failure.getMessage();
        return switch (failure.getClass().getSimpleName()) {
            case "ConnectionShutdownException" -> true;
            case "StreamResetException" -> message != null && message.endsWith("REFUSED_STREAM");
            default -> false;
        };
    }

    /**
     * The first line says it; a failed host name check would go on with the certificate. OkHttp wraps what the socket said of a
     * connection into a sentence that names the service's port and not the endpoint's.
     */
    private static Outcome outcome(Kind kind, IOException failure) {
        Throwable said = failure instanceof ConnectException && failure.getCause() instanceof IOException cause
                ? cause
                : failure;
        String message = String.valueOf(said.getMessage());
        String firstLine = message.lines().findFirst().orElse("");
        return Outcome.of(kind, failure.getClass().getSimpleName() + ": " + firstLine);
    }

    /**
     * How far an attempt came.
     *
     * @param stage the last stage it reached
     * @param reused whether its connection came from the pool
     * @param multiplexed whether its connection carries several requests at a time
     * @param transportFailed whether reading or writing failed, rather than something around it
     */
    record Reached(Stage stage, boolean reused, boolean multiplexed, boolean transportFailed) {}

    /** The stages of an attempt, in order. */
    enum Stage {
        /** An endpoint was picked. */
        PICKED,
        /** There is a connection to it, new or pooled. */
        CONNECTED,
        /** The request was begun to be sent. */
        SENT,
        /** The header of an answer has arrived. */
        ANSWERED
    }
}
