package dev.evenkeel.lb.grpc;

import dev.evenkeel.lb.call.Judgement;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Says what answers mean, where the default, which goes by their status, is wrong for an application.
 *
 * <pre>{@code
 * EvenkeelGrpc.configure(builder, services).setNameResolverArg(
 *         EvenkeelGrpc.JUDGE,
 *         GrpcJudge.code(Status.Code.ABORTED, Judgement.UNAVAILABLE)
 *                 .or((status, trailers) -> trailers.containsKey(DEGRADED) ? Judgement.PUSHBACK : null));
 * }</pre>
 *
 * <p>Called for the end of each attempt that a server answered, on a thread of the transport; so it must be quick and safe for use by many
 * threads. It is not asked where no answer came: a lost connection, a deadline, a cancelled call. Trailers are empty where an edge answered in
 * HTTP. If it throws, the answer is judged as if there were no judge, and that is logged once.
 */
@FunctionalInterface
public interface GrpcJudge {
    /**
     * Returns what an answer means; null to leave it to the next judge, and in the end to the default. A call that ended as {@code OK} is
     * never repeated, for its caller has the answer.
     */
    @Nullable
    Judgement judge(Status status, Metadata trailers);

    /**
     * Returns a judge of answers with a code.
     *
     * @throws IllegalArgumentException if the code is {@code OK}
     */
    static GrpcJudge code(Status.Code code, Judgement judgement) {
        Objects.requireNonNull(code, "code");
        Objects.requireNonNull(judgement, "judgement");
        if (code == Status.Code.OK) {
            throw new IllegalArgumentException(
                    "judged code is OK, must be one of an error; whether a good answer is one, its trailers must say");
        }
        return (status, trailers) -> status.getCode() == code ? judgement : null;
    }

    /** Returns a judge that asks another one where this one says nothing. */
    default GrpcJudge or(GrpcJudge other) {
        Objects.requireNonNull(other, "other");
        return (status, trailers) -> {
            Judgement judgement = judge(status, trailers);
            return judgement == null ? other.judge(status, trailers) : judgement;
        };
    }
}
