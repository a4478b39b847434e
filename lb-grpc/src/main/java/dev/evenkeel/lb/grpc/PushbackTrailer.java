package dev.evenkeel.lb.grpc;

import dev.evenkeel.lb.retry.RetryDecision;
import io.grpc.Metadata;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/**
 * The load balancer's decision in the trailers of a failed attempt, in the words that servers have for it, where gRPC reads it before it makes
 * another; until it is taken back.
 */
final class PushbackTrailer {
    private static final String NEVER = "-1";
    private static final long NANOS_PER_MILLI = 1_000_000;

    private final @Nullable String servers; // what stood there

    private PushbackTrailer(@Nullable String servers) {
        this.servers = servers;
    }

    /** Writes a decision, unless gRPC would not repeat the call anyway; then it returns null. */
    static @Nullable PushbackTrailer write(Metadata trailers, RetryDecision decided, Status status) {
        String said = trailers.get(GrpcOutcomes.PUSHBACK);
        boolean mightBeRepeated = said != null || ServiceConfig.mayBeRepeated(status.getCode());
        if (!decided.isRetry() && !mightBeRepeated) {
            return null;
        }
        replace(trailers, decided.isRetry() ? millis(decided.delayNanos()) : NEVER);
        return new PushbackTrailer(said);
    }

    private static String millis(long nanos) {
        return String.valueOf((nanos + NANOS_PER_MILLI - 1) / NANOS_PER_MILLI);
    }

    /** Takes it out of trailers that the application is about to see, if these are the ones. */
    void takeBack(Metadata trailers) {
        if (trailers.containsKey(GrpcOutcomes.PUSHBACK)) {
            replace(trailers, servers);
        }
    }

    private static void replace(Metadata trailers, @Nullable String pushback) {
        trailers.discardAll(GrpcOutcomes.PUSHBACK);
        if (pushback != null) {
            trailers.put(GrpcOutcomes.PUSHBACK, pushback);
        }
    }
}
