package dev.evenkeel.lb.grpc;

import dev.evenkeel.lb.LoadBalancerView;
import dev.evenkeel.lb.Pick;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.policy.Node;
import dev.evenkeel.lb.policy.PickContext;
import dev.evenkeel.lb.retry.RetryDecision;
import dev.evenkeel.lb.retry.RetryPolicy;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Deadline;
import io.grpc.LoadBalancer.PickResult;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What the attempts of one call know of each other: where they have been, what has been paid for, and what became of the last one. For
 * gRPC each attempt is a call of its own.
 *
 * <p>gRPC makes the attempts; the load balancer decides about them. Its decision is told in the trailers of a failed attempt, in the
 * words that servers have for it, and holds at once. A failure without trailers, a lost connection, leaves only the next pick to refuse
 * with. Safe for use by several threads, as hedges run side by side.
 */
final class CallMemory implements PickContext {
    /** In the options of every call of a channel with the interceptor. */
    static final CallOptions.Key<CallMemory> KEY = CallOptions.Key.create("evenkeel-memory");

    private static final RetryDecision AS_GRPC_LIKES = new RetryDecision(RetryDecision.Kind.RETRY, 0);
    private static final RetryDecision STOP = new RetryDecision(RetryDecision.Kind.STOP_FINAL, 0);
    private static final RetryDecision FORBIDDEN = new RetryDecision(RetryDecision.Kind.STOP_PUSHBACK, 0);

    private final RequestInfo request;
    private final boolean pinned;
    private final @Nullable String method;

    // Guarded by this.
    private @Nullable Endpoint first; // where the first attempt went, which for nearly all calls is the only one
    private @Nullable List<Endpoint> others; // where those after it went; null if there were none
    private @Nullable PreviousAttempts
            foreign; // what others say of earlier attempts; null before any attempt says something
    private int paid; // the number of the latest attempt that was allowed; the first is 0
    private int open; // attempts that were made and have not ended
    private boolean sent; // one that has ended was
    private boolean held; // a hedge was denied, and waits in gRPC for what becomes of the others
    private @Nullable Failure last;
    private @Nullable RetryDecision decision; // about the last failure
    private @Nullable PushbackTrailer written; // about the last failure; null if it could not be, or need not
    private @Nullable Status refused; // by the caller's own credentials; null if they did not fail
    private @Nullable ClientCall<?, ?> call; // null before it is known
    private int hopeless; // open attempts of which nothing is expected any more
    private @Nullable Status why; // nothing is expected of one
    private @Nullable Status givenUp; // null unless the call was ended for want of an answer

    /**
     * Begins one.
     *
     * @param pinned whether the call may go to one endpoint only, and so is never repeated
     */
    CallMemory(RequestInfo request, boolean pinned) {
        this(request, pinned, null);
    }

    /**
     * Begins one.
     *
     * @param method its full name; null if it is not known, or no config of the method is to hold for the call's repetition
     */
    CallMemory(RequestInfo request, boolean pinned, @Nullable String method) {
        this.request = request;
        this.pinned = pinned;
        this.method = method;
    }

    /** Returns what a service config of the application's says of further attempts of the call. */
    ConfiguredMethods.Policy policy(ConfiguredMethods methods) {
        return pinned ? ConfiguredMethods.Policy.NONE : methods.of(method);
    }

    /**
     * How an attempt ended that the caller has seen nothing of.
     *
     * @param request the call, with what it asks of the place it goes to
     * @param trailers those of the server; null if the connection was lost
     */
    record Failure(
            Pick pick,
            RequestInfo request,
            Status status,
            Outcome outcome,
            @Nullable Metadata trailers,
            @Nullable Deadline deadline) {
        long remainingNanos() {
            return deadline == null ? RequestInfo.NO_TIMEOUT : deadline.timeRemaining(TimeUnit.NANOSECONDS);
        }
    }

    /** Returns the number that gRPC gives an attempt in its headers: 0 for the first; one that is repeated because nobody saw it keeps it. */
    int number(Metadata headers) {
        PreviousAttempts told = PreviousAttempts.in(headers);
        return told == PreviousAttempts.NONE ? 0 : number(told);
    }

    /** An attempt that went nowhere before is as good as none. */
    private synchronized int number(PreviousAttempts told) {
        PreviousAttempts before = foreign;
        if (before == null) {
            before = first == null ? told : PreviousAttempts.NONE;
            foreign = before;
        }
        return told.number(before);
    }

    /**
     * Returns what stands against an attempt that gRPC is about to make, as a result for its pick; null if nothing does. A hedge that the budget
     * denies waits and does not fail, for that would end the call, unless its hedging policy says otherwise of {@code UNAVAILABLE}.
     */
    @Nullable
    PickResult veto(int number, LoadBalancerView view) {
        Failure failed;
        RetryDecision decided;
        synchronized (this) {
            if (number <= paid) {
                return null; // the first, or one that was allowed before and is picked for again
            }
            if (refused != null) {
                return PickResult.withDrop(refused);
            }
            if (held && open > 0) {
                return PickResult.withNoResult(); // as before: it is picked for whenever another call's hedge is
            }
            failed = open > 0 ? null : last;
            decided = open > 0 ? null : decision;
        }
        if (failed == null || decided == null) {
            if (!view.chargeHedge(latest(), "asks another endpoint as well, by a hedging policy")) {
                return isUntouched() ? null : hold(); // in the place of one that was never sent it may go, this once
            }
        } else {
            String why = failed.outcome().reason();
            if (decided.kind() == RetryDecision.Kind.FREE_RETRY) {
                view.noteFreeRetry(latest(), why);
            } else if (!decided.isRetry() || !charge(view, why)) {
                return PickResult.withDrop(failed.status());
            }
        }
        allow(number);
        return null;
    }

    /** Not under the lock, for listeners hear of it. */
    private boolean charge(LoadBalancerView view, String why) {
        return view.chargeRetry(latest(), why);
    }

    private synchronized @Nullable Endpoint latest() {
        return others == null ? first : others.get(others.size() - 1);
    }

    /** Notes that an attempt is let go that is not the first. */
    synchronized void allow(int number) {
        paid = Math.max(paid, number);
    }

    /** Returns the result for a hedge that is not to be made as long as another attempt of the call is under way. */
    synchronized PickResult hold() {
        held = true;
        return PickResult.withNoResult();
    }

    /** Returns once whether a hedge is held that is to be decided on, because no attempt is under way any more. */
    synchronized boolean release() {
        boolean due = held && open == 0;
        held &= !due;
        return due;
    }

    /** Returns how the call's latest attempt failed; null if none did, or another is under way. */
    synchronized @Nullable Status failure() {
        return open > 0 || last == null ? null : last.status();
    }

    /** Returns whether one that is made later by its number was let go already. */
    synchronized boolean isOvertaken(int number) {
        return number < paid;
    }

    /** Returns whether no attempt of the call was sent yet. */
    synchronized boolean isUntouched() {
        return open == 0 && !sent;
    }

    /** Notes where an attempt goes. */
    synchronized void went(Pick pick) {
        if (first == null) {
            first = pick.endpoint();
            return;
        }
        List<Endpoint> after = others == null ? new ArrayList<>(2) : others;
        after.add(pick.endpoint());
        others = after;
    }

    /** Notes that an attempt was made. */
    synchronized void opened() {
        open++;
    }

    /**
     * Notes that an attempt ended.
     *
     * @param wasSent whether it was sent before
     */
    void closed(AttemptTracer attempt, boolean wasSent) {
        synchronized (this) {
            open--;
            sent |= wasSent;
            hopeless -= attempt.isHopeless() ? 1 : 0;
        }
        endIfHopeless();
    }

    /** Notes that an attempt ended before there was a stream, as the caller's own credentials failed. They would for any endpoint. */
    synchronized void refused(Status status) {
        refused = status;
    }

    /** Learns which call it is of. */
    synchronized void isOf(ClientCall<?, ?> known) {
        call = known;
    }

    /** Learns that nothing is expected of an attempt any more. The call ends with a status as soon as that holds for all that are under way. */
    void giveUp(AttemptTracer attempt, Status status) {
        synchronized (this) {
            if (attempt.hasEnded() || attempt.isHopeless()) {
                return;
            }
            attempt.setHopeless();
            hopeless++;
            why = why == null ? status : why;
        }
        endIfHopeless();
    }

    private void endIfHopeless() {
        ClientCall<?, ?> ending;
        Status status;
        synchronized (this) {
            status = why;
            if (status == null || hopeless == 0 || open > hopeless || call == null || givenUp != null) {
                return;
            }
            ending = call;
            givenUp = status;
        }
        ending.cancel(status.getDescription(), null);
    }

    /** Returns whether the call was ended by us, so that nothing follows. */
    synchronized boolean isGivenUp() {
        return givenUp != null;
    }

    /** Returns why an attempt or the call ended: for gRPC, what we gave up was cancelled. */
    synchronized Status cause(Status ended) {
        return givenUp != null && ended.getCode() == Status.Code.CANCELLED ? givenUp : ended;
    }

    /** Notes a failure of which gRPC decides by a policy of its own, so that only the budget is ours. */
    synchronized void failed(Failure failure) {
        last = failure;
        decision = AS_GRPC_LIKES;
    }

    /** Decides what follows from a failure, and says so in the trailers if there are any: gRPC reads them next. */
    void failed(Failure failure, LoadBalancerView view) {
        failed(failure, view, false);
    }

    /**
     * Does the same.
     *
     * @param hedged whether the application has the method hedged, so that it may be executed twice, and on which failures hedges go on is for its
     *     policy to say
     */
    void failed(Failure failure, LoadBalancerView view, boolean hedged) {
        int attempts;
        synchronized (this) {
            if (open > 0) {
                return; // a hedge is still running, and gRPC waits for it
            }
            attempts = paid + 1;
        }
        @Nullable
        RetryDecision decided =
                pinned ? STOP : decide(failure, attempts, view, hedged); // not under the lock, for listeners hear of it
        synchronized (this) {
            if (open > 0) {
                return; // a hedge was begun meanwhile
            }
            last = failure;
            decision = decided == null ? AS_GRPC_LIKES : decided;
            Metadata trailers = failure.trailers();
            if (trailers != null && attempts == paid + 1 && decided != null) { // else gRPC has begun another
                written = PushbackTrailer.write(trailers, decided, failure.status());
            }
        }
    }

    /**
     * Returns what follows; null where a policy of the application's decides. A server that forbids a repetition, gRFC
     * A6, means the call; one that asks for a pause means itself.
     */
    private @Nullable RetryDecision decide(Failure failure, int attempts, LoadBalancerView view, boolean hedged) {
        if (GrpcOutcomes.forbidsRepeating(failure.trailers())) {
            return FORBIDDEN;
        }
        RetryPolicy.Progress progress = new RetryPolicy.Progress(
                attempts, attempts - 1, false, hasUntried(failure, view), false, failure.remainingNanos());
        RetryDecision decided =
                view.decideRetry(failure.outcome(), hedged ? RequestInfo.IDEMPOTENT : request, progress);
        return hedged && !decided.isRetry() && !isRefused(decided) ? null : decided;
    }

    /** Returns whether nothing but means are lacking for another attempt. */
    private static boolean isRefused(RetryDecision decided) {
        return decided.kind() == RetryDecision.Kind.STOP_BUDGET || decided.kind() == RetryDecision.Kind.STOP_LIMIT;
    }

    /** Elsewhere than where the call may go there is nobody to try. */
    private boolean hasUntried(Failure failure, LoadBalancerView view) {
        return view.hasUntried(
                failure.request().destination().subset() == null ? this : new PlacedCall(this, failure.request()),
                failure.outcome());
    }

    /** Takes back what was written into trailers that the application is about to see. */
    synchronized void restore(Metadata trailers) {
        if (written != null) {
            written.takeBack(trailers);
        }
    }

    @Override
    public RequestInfo request() {
        return request;
    }

    @Override
    public synchronized boolean hasTried(Node node) {
        String id = node.endpoint().id();
        if (first == null) {
            return false;
        }
        if (first.id().equals(id)) {
            return true;
        }
        for (int i = 0; others != null && i < others.size(); i++) {
            if (others.get(i).id().equals(id)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public synchronized boolean isFirstPick() {
        return first == null;
    }
}
