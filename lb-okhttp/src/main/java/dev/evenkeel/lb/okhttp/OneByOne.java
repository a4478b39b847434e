package dev.evenkeel.lb.okhttp;

import dev.evenkeel.lb.Attempt;
import dev.evenkeel.lb.BalancedCall;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.retry.RetryDecision;
import java.io.IOException;
import java.net.ConnectException;
import okhttp3.Call;
import okhttp3.Interceptor.Chain;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/** Makes the attempts of a call one after the other, on the call's own thread. It has no state: that would cost every call an object. */
final class OneByOne {
    private OneByOne() {}

    /**
     * Makes attempts until one brings an answer to return, or a failure that is not to be repeated.
     *
     * @param first the attempt to begin with, which has been picked
     */
    static Response send(
            Chain chain,
            Hop hop,
            BalancedService service,
            BalancedCall balanced,
            Attempt first,
            @Nullable CallSession session,
            @Nullable Deadline deadline,
            CallProgress progress)
            throws IOException {
        Call call = chain.call();
        IOException failure = null; // the latest; those before it are suppressed in it
        Attempt attempt = first;
        while (true) {
            begin(progress, call, attempt, service, deadline);
            if (RepeatRules.isSentOnce(balanced)) {
                progress.transmission().sendsOnce();
            }
            RetryDecision decision;
            Response response = null;
            try {
                response = send(chain, hop, progress, attempt.isProbe());
                Outcome outcome = progress.answered();
                decision = RepeatRules.isTimedOutAgain(response, progress.trail())
                        ? LoadBalancingInterceptor.SETTLED
                        : decide(balanced, outcome, call);
                if (!decision.isRetry()) {
                    Response answer = session == null
                            ? response
                            : session.answered(response, new CallSession.Served(first, attempt, outcome));
                    progress.handOver(call, deadline);
                    return answer;
                }
                response.close();
                progress.end(Outcome.SUCCESS);
            } catch (IOException e) {
                failure = LoadBalancingInterceptor.suppressing(e, failure);
                decision = decide(balanced, progress.failed(e, call), call);
                if (!decision.isRetry()) {
                    throw failure;
                }
            } catch (Redirected e) {
                if (session != null) {
                    learn(session, e, new CallSession.Served(first, attempt, progress.answered()));
                }
                throw e;
            } catch (Throwable e) {
                abandon(progress, call, response, e);
                throw e;
            }
            pause(progress, call, decision.delayNanos(), failure);
            attempt = LoadBalancingInterceptor.pick(balanced, failure);
        }
    }

    private static void begin(
            CallProgress progress, Call call, Attempt attempt, BalancedService service, @Nullable Deadline deadline) {
        try {
            progress.begin(call, attempt, service.pin(attempt.endpoint()), deadline);
        } catch (Throwable e) {
            attempt.complete(HttpOutcomes.CALLER_FAILED);
            throw e;
        }
    }

    /** A redirect may begin a session; nothing of it is told to the caller. */
    static void learn(CallSession session, Redirected from, CallSession.Served served) {
        Response before = from.next().before();
        if (before != null) {
            Response unused = session.answered(before, served);
        }
    }

    private static void abandon(CallProgress progress, Call call, @Nullable Response response, Throwable problem) {
        try {
            Outcome unused = progress.failed(problem, call);
        } finally {
            if (response != null) {
                Discarded.close(response);
            }
        }
    }

    private static Response send(Chain chain, Hop hop, CallProgress progress, boolean probe) throws IOException {
        if (progress.transmission().holdsConnectionOf(progress.endpoint().service())) {
            ReleaseProbe.release(chain);
        }
        PinnedEndpoint endpoint = progress.endpoint();
        endpoint.wake();
        try {
            return FollowUps.send(chain, hop, progress, probe);
        } catch (ConnectException e) {
            throw ConnectProblem.of(e, endpoint);
        }
    }

    private static RetryDecision decide(BalancedCall balanced, Outcome outcome, Call call) {
        boolean settled = outcome.kind().isAnswer() || call.isCanceled();
        return settled ? LoadBalancingInterceptor.SETTLED : balanced.retryAfter(outcome);
    }

    private static void pause(CallProgress progress, Call call, long nanos, @Nullable IOException failure)
            throws IOException {
        try {
            progress.pause(call, nanos);
        } catch (IOException e) {
            throw LoadBalancingInterceptor.suppressing(e, failure);
        }
    }
}
