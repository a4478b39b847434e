package dev.evenkeel.lb.okhttp;

import dev.evenkeel.lb.Attempt;
import dev.evenkeel.lb.call.Outcome;
import java.io.IOException;
import java.util.Objects;
import okhttp3.Call;
import org.jspecify.annotations.Nullable;

/**
 * The attempts of one call of OkHttp's, one after the other, from their beginning to their end. {@link #end} is the one place where an
 * attempt ends, whatever the reason: it completes the attempt in the core, stops the deadline and the watch over leaks, and has an
 * effect once. What the end means is for {@link Endings} to say.
 *
 * <p>Attempts begin on the thread of the call, and end on any.
 */
final class CallProgress {
    private final Anomalies anomalies;
    private final Transmission transmission;

    // Written by the call's thread, when an attempt begins.
    private volatile @Nullable Attempt attempt;
    private volatile @Nullable PinnedEndpoint endpoint;
    private volatile @Nullable Past past;

    private volatile @Nullable Deadline deadline; // written by the call's thread
    private volatile @Nullable Outcome verdict; // what is known of the attempt; written by the thread that finds out
    private volatile @Nullable Outcome givenUp; // written before the call is cancelled, by the thread that does it
    private volatile LeakWatch.@Nullable Watched watched; // written by the call's thread
    private volatile @Nullable Pause pause; // written by the call's thread, woken by a cancel
    private volatile boolean handedOver; // written by the call's thread, when the user gets the response
    private volatile boolean ended; // written by the thread that ends the attempt
    private boolean listening; // used by the call's thread

    CallProgress(HttpOutcomes outcomes, Anomalies anomalies) {
        this.anomalies = anomalies;
        this.transmission = new Transmission(this, outcomes);
    }

    /** An attempt before the current one. */
    record Past(
            Attempt attempt,
            @Nullable Outcome outcome,
            @Nullable Past previous) {}

    static @Nullable CallProgress find(Call call) {
        return call.tag(CallProgress.class);
    }

    /** The attempts so far are these; the next one begins anew. */
    void follow(@Nullable Past trail) {
        past = trail;
        attempt = null;
    }

    /**
     * Begins an attempt, which is this object's to end from now on. The one before it has ended. One object follows all attempts of the
     * call, also if an interceptor before ours sends the call again.
     */
    void begin(Call call, Attempt newAttempt, PinnedEndpoint newEndpoint, @Nullable Deadline newDeadline) {
        Attempt before = attempt;
        if (before != null) {
            past = new Past(before, verdict, past);
        }
        verdict = null;
        watched = null;
        handedOver = false;
        endpoint = newEndpoint;
        transmission.restart();
        deadline = newDeadline;
        attempt = newAttempt;
        ended = false;
        if (!listening) {
            listening = true;
            call.addEventListener(transmission);
        }
    }

    /**
     * An answer is there. The first settles what the endpoint is worth; a refusal waits for what OkHttp makes of it: where it asks for a log-in,
     * the answer after that counts.
     */
    void learn(Outcome answer) {
        verdict = answer;
        if (answer.kind() != Outcome.Kind.REJECTED) {
            current().answered(answer);
        }
    }

    /** No further answer of the service follows. Has no effect on an attempt whose answer is settled. */
    void settle() {
        Outcome answer = verdict;
        if (answer != null) {
            current().answered(answer);
        }
    }

    /** Returns what the response that is about to be returned says of the endpoint. One from the cache says nothing, and ends the attempt. */
    Outcome answered() {
        Outcome answer = verdict;
        if (answer == null) {
            end(HttpOutcomes.FROM_CACHE);
            return HttpOutcomes.FROM_CACHE;
        }
        return answer;
    }

    /**
     * Ends the attempt by what was thrown, and returns what that means. A cancel whose reason only the end of the call will show leaves
     * it open until then; should that never come, because a listener of the user's throws, the garbage collector ends it.
     */
    Outcome failed(Throwable problem, Call call) {
        Outcome outcome = Endings.ofProblem(problem, call, this);
        if (outcome == null) {
            leaveOpen();
            return Outcome.CANCELLED;
        }
        if (outcome.kind() == Outcome.Kind.STALE_CONNECTION) {
            endpoint().foundStale();
        }
        end(outcome);
        return outcome;
    }

    private void leaveOpen() {
        if (!ended) {
            watch(anomalies.leaks().watchUnended(this, current()));
        }
    }

    private void watch(LeakWatch.Watched watch) {
        LeakWatch.Watched before = watched;
        if (before != null) {
            anomalies.leaks().end(before);
        }
        watched = watch;
        if (ended) { // meanwhile, by a cancel
            anomalies.leaks().end(watch);
        }
    }

    /** The user gets the response: the attempt ends with the response's body, at once if there is none, and the deadline with the attempt. */
    void handOver(Call call, @Nullable Deadline limit) {
        deadline = limit;
        handedOver = true;
        transmitted();
        if (transmission.isUpgraded() && call.isCanceled()) {
            over(call, null); // OkHttp will not return it, and says no more
        }
        if (!ended) {
            watch(anomalies.leaks().watch(this, current()));
        } else if (limit != null) {
            limit.stop();
        }
    }

    /**
     * Something has been sent or read to its end, or broke off. OkHttp will say that the call is over, unless a listener of the user's
     * prevents it; in either case the response has not leaked.
     */
    void transmitted() {
        if (!handedOver) {
            return;
        }
        if (transmission.isDone()) {
            end(Outcome.SUCCESS);
        } else if (transmission.isReadOrBroken() && watched != null) {
            leaveOpen();
        }
    }

    /** The call is over, and says nothing more. */
    void over(Call call, @Nullable IOException failure) {
        if (!Endings.SAID_LATER.equals(givenUp)) {
            end(Endings.ofCall(call, failure, this));
        }
    }

    /**
     * The call was cancelled, and nothing else may ever be heard of it: the user need not be reading. A deadline that passes comes here
     * on the thread that OkHttp has for all time-outs, which must not wait for a listener; and so may the client's own time-out. Both
     * are left to the thread that reads.
     */
    void canceled(Call call) {
        Pause waiting = pause;
        if (waiting != null) {
            waiting.wake();
        }
        Deadline limit = deadline;
        boolean byDeadline = limit != null && limit.isStriking();
        boolean mayBeTimeout = call.timeout().timeoutNanos() != 0 && !transmission.isUpgraded();
        if (handedOver && !byDeadline && !mayBeTimeout) {
            over(call, null);
        }
    }

    /**
     * Says why the call is about to be cancelled, so that the attempt ends for that reason.
     *
     * @param why {@link Endings#SAID_LATER} if the one that cancels will {@link #end} it
     */
    void giveUp(Outcome why) {
        givenUp = why;
    }

    /**
     * Ends the attempt, unless it has ended. A success means that nothing went wrong since the answer; without an answer there is no
     * success. Runs listeners, so it may take time.
     */
    void end(Outcome outcome) {
        Attempt current = attempt;
        if (current == null || ended) {
            return;
        }
        ended = true;
        boolean success = outcome.kind() == Outcome.Kind.SUCCESS;
        Outcome end = success && verdict == null ? Endings.UNANSWERED : outcome;
        if (end.kind() != Outcome.Kind.SUCCESS) {
            verdict = end;
        }
        Deadline limit = deadline;
        if (limit != null && handedOver) {
            limit.stop();
        }
        LeakWatch.Watched watch = watched;
        if (watch != null) {
            anomalies.leaks().end(watch);
        }
        current.complete(end);
    }

    /** Records that a request was about to go elsewhere. */
    void misrouted(String message) {
        anomalies.misrouted(message);
    }

    /** Waits before the next attempt, see {@link Pause#await}. */
    void pause(Call call, long nanos) throws IOException {
        Pause waiting = new Pause();
        pause = waiting;
        waiting.await(call, nanos);
    }

    private Attempt current() {
        return Objects.requireNonNull(attempt, "no attempt has begun");
    }

    PinnedEndpoint endpoint() {
        return Objects.requireNonNull(endpoint, "no attempt has begun");
    }

    Transmission transmission() {
        return transmission;
    }

    /** Returns whether the user has a response that is neither read to its end nor closed. */
    boolean isResponseOpen() {
        return handedOver && !ended && !transmission.isBodyDone();
    }

    /** Returns whether an attempt before the latest has ended in that way. */
    boolean hadEndedAs(Outcome.Kind kind) {
        for (Past attempt = past; attempt != null; attempt = attempt.previous()) {
            Outcome outcome = attempt.outcome();
            if (outcome != null && outcome.kind() == kind) {
                return true;
            }
        }
        return false;
    }

    /** Returns what is known of the latest attempt. */
    @Nullable
    Outcome verdict() {
        return verdict;
    }

    @Nullable
    Outcome givenUp() {
        return givenUp;
    }

    /** Returns whether the deadline has cut the call off. */
    boolean isOutOfTime() {
        Deadline limit = deadline;
        return limit != null && limit.isExpired();
    }

    boolean isProbe() {
        return current().isProbe();
    }

    /** Returns the attempts so far, the latest first. */
    @Nullable
    Past trail() {
        Attempt current = attempt;
        return current == null ? past : new Past(current, verdict, past);
    }
}
