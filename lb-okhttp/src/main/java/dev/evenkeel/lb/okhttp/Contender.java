package dev.evenkeel.lb.okhttp;

import dev.evenkeel.lb.Attempt;
import dev.evenkeel.lb.call.Outcome;
import java.io.IOException;
import okhttp3.Call;
import okhttp3.Interceptor;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * One attempt of a {@link HedgedCall}: a call of its own to an endpoint that has been picked, because one call of OkHttp carries one
 * request at a time, and a cancelled one carries none any more.
 */
final class Contender {
    private final HedgedCall race;
    private final Attempt attempt;
    private final PinnedEndpoint endpoint;
    private final @Nullable Deadline deadline;
    private final CallProgress progress;
    private final Call call;
    private Outcome outcome =
            Outcome.CANCELLED; // as long as nothing has been sent; read and written by the thread that runs this

    Contender(
            HedgedCall race,
            Attempt attempt,
            PinnedEndpoint endpoint,
            @Nullable Deadline deadline,
            CallProgress progress,
            Call call) {
        this.race = race;
        this.attempt = attempt;
        this.endpoint = endpoint;
        this.deadline = deadline;
        this.progress = progress;
        this.call = call;
    }

    /** Sends the request and reports what comes of it. */
    void run() {
        Contender unused = call.tag(Contender.class, () -> this);
        try {
            Response response = call.execute();
            race.ended(this, response, null, outcome);
        } catch (IOException e) {
            race.ended(this, null, e, outcome);
        } catch (RuntimeException | Error e) {
            end(HttpOutcomes.CALLER_FAILED);
            race.ended(this, null, e, HttpOutcomes.CALLER_FAILED);
        }
    }

    /** The one interceptor of its call, after which OkHttp takes over. */
    static Response send(Interceptor.Chain chain) throws IOException {
        Contender contender = chain.call().tag(Contender.class);
        if (contender == null) {
            throw new IllegalStateException("not an attempt: " + chain.request());
        }
        return contender.proceed(chain);
    }

    /** Learns here what comes of it, because the events that follow only say that it is over. */
    private Response proceed(Interceptor.Chain own) throws IOException {
        progress.begin(call, attempt, endpoint, deadline);
        try {
            endpoint.wake();
            Response response = LoadBalancingInterceptor.pinned(
                            ChainSettings.copy(race.chain(), own), endpoint, attempt.isProbe())
                    .proceed(own.request());
            outcome = progress.answered();
            return response;
        } catch (IOException e) {
            outcome = progress.failed(e, call);
            throw e;
        } catch (RuntimeException | Error e) {
            progress.end(HttpOutcomes.CALLER_FAILED);
            throw e;
        }
    }

    /** Learns that another one was answered first. It then ends, unless it is to show whether an endpoint is back. */
    void lose() {
        if (!attempt.isDecisive()) {
            end(Outcome.HEDGE_LOST);
            call.cancel();
        }
    }

    /** Cancels the call, and leaves it to the end of the user's call to say why, unless the user has the response. */
    void cancel(boolean handedOver) {
        if (!handedOver) {
            progress.holdBack();
        }
        call.cancel();
    }

    void end(Outcome outcome) {
        progress.end(outcome);
        attempt.complete(outcome); // should it not have begun to be sent
    }

    boolean isDecisive() {
        return attempt.isDecisive();
    }

    /** Returns whether its request's body is being sent, so that no one else can read it. */
    boolean isSendingBody() {
        return progress.isSendingBody();
    }

    Attempt attempt() {
        return attempt;
    }

    CallProgress progress() {
        return progress;
    }

    Call call() {
        return call;
    }
}
