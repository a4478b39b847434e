package dev.evenkeel.lb.grpc;

import dev.evenkeel.lb.call.Judgement;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.Outcome.Kind;
import io.grpc.Metadata;
import io.grpc.Status;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What gRPC statuses mean for the endpoint and the call. Pure functions. */
final class GrpcOutcomes {
    /** How long a server wants to be left alone, or a negative number if the call must not be repeated. gRFC A6. */
    static final Metadata.Key<String> PUSHBACK =
            Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER);

    private static final int LONGEST_PUSHBACK_DIGITS = 10;

    // grpc-core's own texts, of GrpcUtil and Http2ClientStreamTransportState.
    private static final String HTTP_STATUS = "HTTP status code ";
    private static final String INFERRED = "missing GRPC status, inferred error from HTTP status code";
    private static final int HTTP_DIGITS = 3;

    private static final int NONE = -1;
    private static final int DEEPEST_CAUSE = 8; // some are their own

    private GrpcOutcomes() {}

    /**
     * Returns what the end of an attempt means.
     *
     * @param status how the transport says it ended
     * @param trailers what the server sent at the end; null if the end was not the server's, but the connection's or the client's
     * @param expired whether the call's deadline is over: the transport sees that as a cancellation
     * @param leaving whether the server is ending the connection
     */
    static Outcome of(Status status, @Nullable Metadata trailers, boolean expired, boolean leaving) {
        if (status.isOk()) {
            return Outcome.SUCCESS;
        }
        String pushback = trailers == null ? null : trailers.get(PUSHBACK);
        if (pushback != null) {
            return Outcome.pushback(words(status), pause(pushback));
        }
        if (trailers == null && isOfOurExecutor(status)) {
            return Outcome.CANCELLED;
        }
        int http = httpStatus(status, trailers);
        if (http != NONE) {
            return ofHttp(http, status);
        }
        return switch (status.getCode()) {
            case OK -> Outcome.SUCCESS;
            // The last because it concerns the method, which in a rolling upgrade some servers do not have yet.
            case INVALID_ARGUMENT,
                    NOT_FOUND,
                    ALREADY_EXISTS,
                    PERMISSION_DENIED,
                    UNAUTHENTICATED,
                    FAILED_PRECONDITION,
                    ABORTED,
                    OUT_OF_RANGE,
                    UNIMPLEMENTED -> outcome(Kind.REJECTED, status, trailers);
            case INTERNAL -> internal(status, trailers, leaving);
            case UNKNOWN, DATA_LOSS -> outcome(Kind.FAILED, status, trailers);
            case UNAVAILABLE -> unavailable(status, trailers);
            case DEADLINE_EXCEEDED -> outcome(Kind.TIMED_OUT, status, trailers);
            case CANCELLED -> cancelled(status, trailers, expired, leaving);
            case RESOURCE_EXHAUSTED -> exhausted(status, trailers);
        };
    }

    /**
     * Returns the status of an answer that is HTTP and no gRPC, of a proxy or a gateway as a rule; {@link #NONE} if it is none. For gRPC it is a
     * status without trailers, or one that is inferred where gRPC's is missing.
     */
    private static int httpStatus(Status status, @Nullable Metadata trailers) {
        String text = status.getDescription();
        if (text == null || !text.startsWith(HTTP_STATUS) || (trailers != null && !text.contains(INFERRED))) {
            return NONE;
        }
        int from = HTTP_STATUS.length();
        int to = from;
        int number = 0;
        while (to < text.length() && to - from <= HTTP_DIGITS && text.charAt(to) >= '0' && text.charAt(to) <= '9') {
            number = 10 * number + text.charAt(to++) - '0';
        }
        boolean ends = to == text.length() || text.charAt(to) == '\n';
        return ends && to - from == HTTP_DIGITS ? number : NONE;
    }

    /** As {@code lb-okhttp} judges the same, where gRPC tells too little: a 429 is UNAVAILABLE, a 413 UNKNOWN. */
    private static Outcome ofHttp(int http, Status status) {
        return switch (http) {
            case 408 -> outcome(Kind.NOT_PROCESSED, status, null);
            case 429 -> Outcome.pushback(words(status) + ": " + HTTP_STATUS + http, Duration.ZERO);
            case 502, 503, 504 -> outcome(Kind.UNAVAILABLE, status, null);
            default -> outcome(http >= 400 && http < 500 ? Kind.REJECTED : Kind.FAILED, status, null);
        };
    }

    /**
     * A server that stops at once says goodbye and resets its streams, which is as good as a lost connection. One that goes on has a reason
     * that it does not tell: a stream idle for too long, an upload too large.
     */
    private static Outcome cancelled(Status status, @Nullable Metadata trailers, boolean expired, boolean leaving) {
        if (expired) {
            return outcome(Kind.TIMED_OUT, Status.DEADLINE_EXCEEDED, null);
        }
        if (!isReset(status, trailers)) {
            return Outcome.CANCELLED;
        }
        return outcome(leaving ? Kind.BROKEN : Kind.CANCELLED, status, null);
    }

    /** The texts are those of grpc-netty and grpc-okhttp. */
    private static boolean isReset(Status status, @Nullable Metadata trailers) {
        return trailers == null && (describes(status, "RST_STREAM closed stream") || describes(status, "Rst Stream"));
    }

    private static Outcome internal(Status status, @Nullable Metadata trailers, boolean leaving) {
        if (trailers == null && isTooLargeForUs(status)) {
            return outcome(Kind.NOT_SENT, status, null);
        }
        return outcome(isAboutTheCall(status, trailers, leaving) ? Kind.REJECTED : Kind.FAILED, status, trailers);
    }

    /** Headers or trailers came that are larger than this client takes. The text is Netty's, whose types may be shaded. */
    private static boolean isTooLargeForUs(Status status) {
        return isCausedBy(status, cause -> {
            String text = cause.getMessage();
            return text != null && text.startsWith("Header size exceeded max allowed size");
        });
    }

    private static boolean isCausedBy(Status status, Predicate<Throwable> which) {
        Throwable cause = status.getCause();
        for (int depth = 0; cause != null && depth < DEEPEST_CAUSE; depth++) {
            if (which.test(cause)) {
                return true;
            }
            cause = cause.getCause();
        }
        return false;
    }

    /** A server over whose connection other streams go on takes this one's headers for wrong, or its own for too large for the client. */
    private static boolean isAboutTheCall(Status status, @Nullable Metadata trailers, boolean leaving) {
        return !leaving
                && isReset(status, trailers)
                && (describes(status, "PROTOCOL_ERROR") || describes(status, "Protocol error"));
    }

    /** Where an executor of the application takes no more, gRPC throws in a transport's thread, and ends streams for that. */
    private static boolean isOfOurExecutor(Status status) {
        return isCausedBy(status, cause -> cause instanceof RejectedExecutionException);
    }

    private static boolean describes(Status status, String text) {
        String description = status.getDescription();
        return description != null && description.contains(text);
    }

    private static Outcome unavailable(Status status, @Nullable Metadata trailers) {
        if (trailers != null) {
            return outcome(Kind.UNAVAILABLE, status, trailers);
        }
        // The text is grpc-core's own, for streams that the server reset before it looked at them.
        boolean refused = describes(status, "REFUSED_STREAM");
        return outcome(refused ? Kind.NOT_PROCESSED : Kind.BROKEN, status, null);
    }

    /** Without trailers it is the client that refuses a message for its size, or a server that resets the stream to be calmer; a server's refusal for that says nothing of its load. */
    private static Outcome exhausted(Status status, @Nullable Metadata trailers) {
        if (trailers == null) {
            return isReset(status, null)
                    ? Outcome.pushback(words(status), Duration.ZERO)
                    : outcome(Kind.NOT_SENT, status, null);
        }
        boolean forItsSize = describes(status, "exceeds maximum size") || describes(status, "larger than max");
        return forItsSize ? outcome(Kind.REJECTED, status, trailers) : Outcome.pushback(words(status), Duration.ZERO);
    }

    /** Returns whether an end is a server's answer, or that of an edge before it. */
    static boolean isAnswer(Status status, @Nullable Metadata trailers) {
        return trailers != null || httpStatus(status, null) != NONE;
    }

    /** Returns what an answer means that the application judges. */
    static Outcome judged(Judgement judgement, Status status, @Nullable Metadata trailers) {
        String pushback = trailers == null ? null : trailers.get(PUSHBACK);
        return judgement.outcome(words(status), pushback == null ? Duration.ZERO : pause(pushback));
    }

    /** Returns whether a server says that a call must not be repeated: by a negative number, or one that is none. gRFC A6. */
    static boolean forbidsRepeating(@Nullable Metadata trailers) {
        String pushback = trailers == null ? null : trailers.get(PUSHBACK);
        return pushback != null && pause(pushback).isZero();
    }

    /** A pause of nothing means that the call may be repeated at once; no pause at all that it may not be, as does a negative one. */
    private static Duration pause(String pushback) {
        boolean number = !pushback.isEmpty()
                && pushback.length() < LONGEST_PUSHBACK_DIGITS
                && pushback.chars().allMatch(c -> c >= '0' && c <= '9');
        return number ? Duration.ofMillis(Math.max(1, Integer.parseInt(pushback))) : Duration.ZERO;
    }

    /** What a server writes into a description is its own affair; what gRPC writes tells what happened to the connection. */
    private static Outcome outcome(Kind kind, Status status, @Nullable Metadata trailers) {
        String description = trailers == null ? status.getDescription() : null;
        return Outcome.of(kind, description == null ? words(status) : words(status) + ": " + firstLine(description));
    }

    private static String words(Status status) {
        return "gRPC " + status.getCode();
    }

    private static String firstLine(String text) {
        return text.lines().findFirst().orElse("");
    }
}
