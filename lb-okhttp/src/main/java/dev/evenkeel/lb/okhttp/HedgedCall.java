package dev.evenkeel.lb.okhttp;

import dev.evenkeel.lb.Attempt;
import dev.evenkeel.lb.BalancedCall;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.retry.RetryDecision;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import okhttp3.Call;
import okhttp3.EventListener;
import okhttp3.Interceptor;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * A call that may be under way at several endpoints at a time, of which the first good answer is taken. Its first attempt runs on the
 * caller's thread, and costs a call of its own; what is made beside it runs on another.
 *
 * <p>It listens to the user's call only for its cancellation and its end. Whoever changes anything holds the lock, which is this call's
 * alone; requests are sent and cancelled without it.
 */
final class HedgedCall extends EventListener {
    private final Interceptor.Chain chain;
    private final BalancedService service;
    private final BalancedCall balanced;
    private final @Nullable Deadline deadline;
    private final AttemptClient client;
    private final long startNanos;

    private final Pause pause = new Pause();

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    // Guarded by the lock.
    private final List<Contender> all = new ArrayList<>();
    private final List<Contender> running = new ArrayList<>();
    private @Nullable Ended best; // the winner, or the latest that ended otherwise
    private boolean decided; // there is a winner, or the call is over
    private @Nullable Contender handedOver; // the one whose response the user has
    private @Nullable IOException failure; // the latest; those before it are suppressed in it
    private @Nullable HedgeTimer timer;

    HedgedCall(
            Interceptor.Chain chain,
            BalancedService service,
            BalancedCall balanced,
            @Nullable Deadline deadline,
            AttemptClient client) {
        this.chain = chain;
        this.service = service;
        this.balanced = balanced;
        this.deadline = deadline;
        this.client = client;
        this.startNanos = client.nowNanos();
    }

    /** Makes attempts until one brings an answer to return, or a failure that is not to be repeated. */
    Response run() throws IOException {
        chain.call().addEventListener(this);
        Races.of(chain.call()).follow(this);
        while (true) {
            begin();
            Ended ended = awaitEnd();
            RetryDecision decision = decide(ended);
            if (!decision.isRetry()) {
                return settle(ended);
            }
            ended.close();
            pause.await(chain.call(), decision.delayNanos());
        }
    }

    private void begin() throws IOException {
        Contender first;
        lock.lock();
        try {
            best = null;
            first = enter(LoadBalancingInterceptor.pick(balanced, failure));
            awaitHedge();
        } finally {
            lock.unlock();
        }
        if (first.isDecisive()) {
            client.run(first::run); // as it may run on when another one has won
        } else {
            first.run();
        }
    }

    private Contender enter(Attempt attempt) {
        Contender contender =
                client.newContender(this, attempt, service.pin(attempt.endpoint()), deadline, remainingNanos());
        all.add(contender);
        running.add(contender);
        return contender;
    }

    /** The user's call stops its own time when it gets the response; the attempt's goes on until the end of the body. */
    private long remainingNanos() {
        long timeout = chain.call().timeout().timeoutNanos();
        return timeout == 0 ? 0 : Math.max(1, timeout - (client.nowNanos() - startNanos));
    }

    private void awaitHedge() {
        stopTimer();
        long delay = balanced.hedgeDelayNanos();
        timer = delay == BalancedCall.NEVER ? null : HedgeTimer.start(delay, () -> client.run(this::hedge));
    }

    /** Makes another attempt on this thread, if there may be one. */
    private void hedge() {
        Contender beside;
        lock.lock();
        try {
            if (decided || running.isEmpty() || chain.call().isCanceled()) {
                return;
            }
            boolean readable = running.stream().noneMatch(Contender::isSendingBody);
            Attempt attempt = readable ? balanced.hedge() : null;
            beside = attempt == null ? null : enter(attempt);
            awaitHedge();
        } finally {
            lock.unlock();
        }
        if (beside != null) {
            beside.run();
        }
    }

    /** Learns how an attempt ended: with a response, or a problem. */
    void ended(Contender contender, @Nullable Response response, @Nullable Throwable problem, Outcome outcome) {
        ended(new Ended(contender, response, problem, outcome));
    }

    private void ended(Ended latest) {
        Ended surplus;
        List<Contender> losers = List.of();
        lock.lock();
        try {
            running.remove(latest.contender());
            if (decided) {
                surplus = latest;
            } else {
                surplus = best;
                best = latest;
                if (latest.problem() instanceof IOException e) {
                    failure = LoadBalancingInterceptor.suppressing(e, failure);
                }
                if (latest.settles()) {
                    decided = true;
                    losers = List.copyOf(running);
                }
                if (decided || running.isEmpty()) {
                    stopTimer();
                    changed.signalAll();
                }
            }
        } finally {
            lock.unlock();
        }
        losers.forEach(Contender::lose);
        if (surplus != null) {
            surplus.close();
        }
    }

    private void stopTimer() {
        HedgeTimer waiting = timer;
        if (waiting != null) {
            waiting.exit();
            timer = null;
        }
    }

    private Ended awaitEnd() throws IOException {
        try {
            return untilEnd();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            giveUp();
            throw new InterruptedIOException("interrupted while waiting for an answer");
        }
    }

    private Ended untilEnd() throws InterruptedException {
        lock.lock();
        try {
            while (!decided && !running.isEmpty()) {
                changed.await();
            }
            Ended end = best;
            if (end == null) {
                throw new IllegalStateException("an attempt ended without a result");
            }
            return end;
        } finally {
            lock.unlock();
        }
    }

    private RetryDecision decide(Ended ended) {
        lock.lock();
        try {
            boolean over = decided
                    || chain.call().isCanceled()
                    || Thread.currentThread().isInterrupted();
            return over ? LoadBalancingInterceptor.SETTLED : balanced.retryAfter(ended.outcome());
        } finally {
            lock.unlock();
        }
    }

    private Response settle(Ended ended) throws IOException {
        lock.lock();
        try {
            decided = true;
            handedOver = ended.response() == null || chain.call().isCanceled() ? null : ended.contender();
        } finally {
            lock.unlock();
        }
        if (ended.response() != null) {
            ended.contender().progress().handOver();
            return ended.response();
        }
        ended.crash();
        throw failure == null ? new IOException("no answer") : failure;
    }

    /** Cancels whatever is under way, also a response that is being read. */
    @Override
    public void canceled(Call call) {
        pause.wake();
        giveUp();
    }

    private void giveUp() {
        List<Contender> open;
        Contender read;
        lock.lock();
        try {
            open = List.copyOf(all);
            read = handedOver;
            stopTimer();
        } finally {
            lock.unlock();
        }
        open.forEach(contender -> contender.cancel(contender == read));
    }

    @Override
    public void callFailed(Call call, IOException problem) {
        boolean timedOut = (deadline != null && deadline.isExpired())
                || (HttpOutcomes.isInterrupt(problem) && !Thread.currentThread().isInterrupted());
        contenders().forEach(contender -> contender.end(timedOut ? HttpOutcomes.DEADLINE : Outcome.CANCELLED));
    }

    private List<Contender> contenders() {
        lock.lock();
        try {
            return List.copyOf(all);
        } finally {
            lock.unlock();
        }
    }

    /** Returns the attempts so far, the latest first. */
    CallProgress.@Nullable Past trail() {
        CallProgress.Past trail = null;
        for (Contender contender : contenders()) {
            trail = new CallProgress.Past(
                    contender.attempt(), contender.progress().verdict(), trail);
        }
        return trail;
    }

    /**
     * Returns who served the call.
     *
     * @throws IllegalStateException if it has not been answered
     */
    CallSession.Served served() {
        lock.lock();
        try {
            Ended winner = best;
            if (winner == null) {
                throw new IllegalStateException("the call has not been answered");
            }
            return new CallSession.Served(
                    all.get(0).attempt(), winner.contender().attempt(), winner.outcome());
        } finally {
            lock.unlock();
        }
    }

    Interceptor.Chain chain() {
        return chain;
    }

    /** Returns whether a request may be under way twice at a time. An upgraded connection could not be taken back. */
    static boolean isFor(BalancedCall balanced, okhttp3.Request request) {
        return balanced.mayHedge() && request.header("Upgrade") == null;
    }
}
