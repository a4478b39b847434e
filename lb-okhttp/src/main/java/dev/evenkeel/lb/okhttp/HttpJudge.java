package dev.evenkeel.lb.okhttp;

import dev.evenkeel.lb.call.Judgement;
import java.util.Objects;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * Says what answers mean, where the default, which goes by their status, is wrong for an application.
 *
 * <pre>{@code
 * EvenkeelOkHttp.builder(client, services)
 *         .judge(HttpJudge.status(404, Judgement.SUCCESS))
 *         .judge("orders.svc", answer -> answer.header("X-Error") == null ? null : Judgement.FAILED)
 * }</pre>
 *
 * <p>Called for each answer from the network, when its headers have come, on the thread of the call; so it must be quick and safe for use by
 * many threads. It sees the status and the headers; the body is not there yet. If it throws, the answer is judged as if there were no judge,
 * and that is logged once.
 */
@FunctionalInterface
public interface HttpJudge {
    /** Returns what an answer means; null to leave it to the next judge, and in the end to the default. */
    @Nullable
    Judgement judge(Response answer);

    /**
     * Returns a judge of answers with a status.
     *
     * @throws IllegalArgumentException if the status is not 100 to 999
     */
    static HttpJudge status(int status, Judgement judgement) {
        return statuses(status, status, judgement);
    }

    /**
     * Returns a judge of answers whose status is between two, both included.
     *
     * @throws IllegalArgumentException if they are not 100 to 999, the lower one first
     */
    static HttpJudge statuses(int from, int to, Judgement judgement) {
        Objects.requireNonNull(judgement, "judgement");
        check(from);
        check(to);
        if (from > to) {
            throw new IllegalArgumentException(
                    "judged statuses are " + from + " to " + to + ", must be the lower one first");
        }
        return answer -> answer.code() >= from && answer.code() <= to ? judgement : null;
    }

    private static void check(int status) {
        if (status < 100 || status > 999) {
            throw new IllegalArgumentException("judged status is " + status + ", must be 100 to 999");
        }
    }

    /** Returns a judge that asks another one where this one says nothing. */
    default HttpJudge or(HttpJudge other) {
        Objects.requireNonNull(other, "other");
        return answer -> {
            Judgement judgement = judge(answer);
            return judgement == null ? other.judge(answer) : judgement;
        };
    }
}
