package dev.evenkeel.lb.okhttp;

import dev.evenkeel.lb.Attempt;
import dev.evenkeel.lb.BalancedCall;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.retry.RetryDecision;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import okhttp3.Interceptor;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * A call that may be under way at several endpoints at a time, of which the first good answer is taken. Its first attempt runs on the
 * caller's thread, and costs a call of its own; what is made beside it runs on another.
 *
 * <p>The core, which tells listeners, is asked under a lock of its own, by the caller's thread and ours. What {@link HedgedEnd} hears on
 * OkHttp's threads never waits for it.
 */
final class HedgedCall {
    private final Interceptor.Chain chain;
    private final Hop hop;
    private final BalancedService service;
    private final BalancedCall balanced; // used by one thread at a time, which holds the lock
    private final @Nullable Deadline deadline;
    private final AttemptClient client;
    private final long startNanos;
    private @Nullable Attempt first; // null once it has been entered. Used by the call's thread

    private final ReentrantLock asking = new ReentrantLock();
    private final Race race = new Race();
    private final BodyTurns turns = new BodyTurns();
    private final Pause pause = new Pause();
    private final HedgedEnd end;

    /**
     * Creates the call.
     *
     * @param first the attempt to begin with, which has been picked
     */
    HedgedCall(
            Interceptor.Chain chain,
            Hop hop,
            BalancedService service,
            BalancedCall balanced,
            Attempt first,
            @Nullable Deadline deadline,
            AttemptClient client) {
        this.chain = chain;
        this.hop = hop;
        this.service = service;
        this.balanced = balanced;
        this.first = first;
        this.deadline = deadline;
        this.client = client;
        this.startNanos = client.nowNanos();
        this.end = new HedgedEnd(chain.call(), race, deadline, pause);
    }

    /** Makes attempts until one brings an answer to return, or a failure that is not to be repeated. */
    Response run() throws IOException {
        try {
            chain.call().addEventListener(end);
            Races.of(chain.call()).follow(this);
            return untilSettled();
        } catch (Throwable e) {
            Attempt unsent = first;
            if (unsent != null) {
                unsent.complete(Outcome.CANCELLED);
            }
            end.giveUp();
            throw e;
        }
    }

    private Response untilSettled() throws IOException {
        while (true) {
            if (chain.call().isCanceled()) {
                throw new IOException("Canceled"); // before it was begun, perhaps: then we have not heard of it
            }
            begin();
            Ended ended = awaitEnd();
            RetryDecision decision = decide(ended);
            while (decision == null) {
                ended = awaitEnd();
                decision = decide(ended);
            }
            if (!decision.isRetry()) {
                return settle(ended);
            }
            ended.close();
            race.restart();
            pause.await(chain.call(), decision.delayNanos());
        }
    }

    private void begin() throws IOException {
        Contender contender;
        asking.lock();
        try {
            Attempt picked = first;
            first = null;
            contender = enter(picked == null ? LoadBalancingInterceptor.pick(balanced, race.failure()) : picked);
            awaitHedge();
        } finally {
            asking.unlock();
        }
        if (contender == null) {
            throw new IOException("Canceled");
        }
        if (contender.isDecisive()) {
            client.run(contender::run); // as it may run on when another one has won
        } else {
            contender.run();
        }
    }

    /** Returns null if the call has been given up. */
    private @Nullable Contender enter(Attempt attempt) {
        Contender contender;
        try {
            contender = client.newContender(this, attempt, service.pin(attempt.endpoint()), remainingNanos());
        } catch (Throwable e) {
            attempt.complete(HttpOutcomes.CALLER_FAILED);
            throw e;
        }
        if (race.enter(contender)) {
            return contender;
        }
        contender.end(Outcome.CANCELLED);
        return null;
    }

    /** The user's call stops its own time when it gets the response; the attempt's goes on until the end of the body. */
    private long remainingNanos() {
        long timeout = chain.call().timeout().timeoutNanos();
        return timeout == 0 ? 0 : Math.max(1, timeout - (client.nowNanos() - startNanos));
    }

    private void awaitHedge() {
        long delay = balanced.hedgeDelayNanos();
        race.await(delay == BalancedCall.NEVER ? null : HedgeTimer.start(delay, () -> client.run(this::hedge)));
    }

    /** Makes another attempt on this thread, if there may be one. */
    private void hedge() {
        Contender beside = null;
        asking.lock();
        try {
            if (race.isOpen()) {
                Attempt attempt = race.isSendingBody() ? null : balanced.hedge();
                beside = attempt == null ? null : enter(attempt);
                awaitHedge();
            }
        } finally {
            asking.unlock();
            if (beside != null) {
                beside.run();
            }
        }
    }

    /** An attempt has ended, with a response or a problem. */
    void ended(Ended latest) {
        Race.Consequence consequence = race.end(latest);
        Outcome why = latest.response() == null ? Outcome.CANCELLED : Outcome.HEDGE_LOST;
        try {
            latest.contender().hasEnded(latest);
            consequence.losers().forEach(loser -> loser.lose(why));
        } finally {
            Ended surplus = consequence.surplus();
            if (surplus != null) {
                surplus.close();
            }
        }
    }

    private Ended awaitEnd() throws IOException {
        try {
            return race.awaitEnd();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for an answer");
        }
    }

    /** Returns null if another attempt has been begun meanwhile, which is to be waited for. */
    private @Nullable RetryDecision decide(Ended ended) {
        asking.lock();
        try {
            boolean over = race.isDecided()
                    || chain.call().isCanceled()
                    || Thread.currentThread().isInterrupted()
                    || (!race.isOpen() && RepeatRules.isTimedOutAgain(ended.response(), trail()));
            if (over) {
                return LoadBalancingInterceptor.SETTLED;
            }
            return race.isOpen() ? null : balanced.retryAfter(ended.outcome());
        } finally {
            asking.unlock();
        }
    }

    private Response settle(Ended ended) throws IOException {
        Response response = ended.response();
        if (response == null) {
            ended.crash();
            IOException failure = race.failure();
            throw failure == null ? new IOException("no answer") : failure;
        }
        if (!race.keep(ended.contender())) {
            throw new IOException("Canceled");
        }
        ended.contender().handOver(deadline);
        return response;
    }

    /** The time of an attempt is over while its response is being read: the user's call, whose time it is, does not know any more. */
    void ranOutOfTime(Contender contender) {
        if (contender == race.kept()) {
            chain.call().cancel();
        }
    }

    /** Returns whether the user has a response that is neither read to its end nor closed. */
    boolean isResponseOpen() {
        Contender read = race.kept();
        return read != null && read.progress().isResponseOpen();
    }

    /** Returns the attempts so far, the latest first. */
    CallProgress.@Nullable Past trail() {
        CallProgress.Past trail = hop.trail();
        for (Contender contender : race.all()) {
            trail = new CallProgress.Past(
                    contender.attempt(), contender.progress().verdict(), trail);
        }
        return trail;
    }

    /**
     * Returns how the call was served.
     *
     * @throws NullPointerException if it has not been answered
     */
    CallSession.Served served() {
        Ended winner = Objects.requireNonNull(race.best(), "the call has not been answered");
        return new CallSession.Served(
                race.all().get(0).attempt(), winner.contender().attempt(), winner.outcome());
    }

    Interceptor.Chain chain() {
        return chain;
    }

    /** Returns what is asked. */
    Hop hop() {
        return hop;
    }

    BodyTurns turns() {
        return turns;
    }
}
