package dev.evenkeel.lb.okhttp;

import dev.evenkeel.lb.Attempt;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.text.OneLine;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import okhttp3.Call;
import okhttp3.EventListener;
import okhttp3.Interceptor;
import okhttp3.OkHttpClient;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * One attempt of a {@link HedgedCall}: a call of its own to an endpoint that has been picked, because one call of OkHttp carries one
 * request at a time, and a cancelled one carries none any more.
 */
final class Contender extends EventListener {
    private static final System.Logger LOG = System.getLogger(EvenkeelOkHttp.class.getName());

    private final HedgedCall race;
    private final Attempt attempt;
    private final PinnedEndpoint endpoint;
    private final CallProgress progress;
    private final Call call;
    private volatile boolean lost; // written by the thread that brings another one's answer
    private Outcome outcome =
            Outcome.CANCELLED; // as long as nothing has been sent; read and written by the thread that runs this

    /**
     * Makes the call, which is not sent yet.
     *
     * @param timeoutNanos how long it may take at most, with its body; 0 for no limit
     */
    Contender(
            HedgedCall race,
            Attempt attempt,
            PinnedEndpoint endpoint,
            CallProgress progress,
            OkHttpClient client,
            long timeoutNanos) {
        this.race = race;
        this.attempt = attempt;
        this.endpoint = endpoint;
        this.progress = progress;
        this.call = client.newCall(race.turns().of(race.hop().request(), this::isCanceled));
        call.timeout().timeout(timeoutNanos, TimeUnit.NANOSECONDS);
        progress.begin(call, attempt, endpoint, null);
        call.addEventListener(this);
    }

    private boolean isCanceled() {
        return call.isCanceled();
    }

    /** Sends the request and reports what comes of it. */
    void run() {
        Contender unused = call.tag(Contender.class, () -> this);
        Response response = null;
        Throwable problem = null;
        try {
            response = call.execute();
        } catch (Throwable e) {
            problem = e;
        }
        race.ended(new Ended(this, response, problem, outcome));
    }

    /** The one interceptor of its call, after which OkHttp takes over. */
    static Response send(Interceptor.Chain chain) throws IOException {
        Contender contender = chain.call().tag(Contender.class);
        if (contender == null) {
            throw new IllegalStateException("not an attempt: " + chain.request());
        }
        return contender.proceed(chain);
    }

    /** What comes of it is known here, because the events that follow only say that it is over. */
    private Response proceed(Interceptor.Chain own) throws IOException {
        try {
            endpoint.wake();
            Response response = FollowUps.send(
                    ChainSettings.copy(race.chain(), own), race.hop().with(own.request()), progress, attempt.isProbe());
            outcome = progress.answered();
            return response;
        } catch (Redirected e) {
            outcome = progress.answered();
            throw e;
        } catch (IOException e) {
            outcome = progress.failed(e, call);
            throw ConnectProblem.of(e, endpoint);
        } catch (Throwable e) {
            outcome = progress.failed(e, call);
            throw e;
        }
    }

    /** The attempt has failed, perhaps outside of what is guarded by us: a listener's error. */
    void hasEnded(Ended how) {
        Throwable problem = how.problem();
        if (problem != null && !(problem instanceof IOException)) {
            Outcome unused = progress.failed(problem, call);
        }
    }

    /** Another one was answered first. This one ends, unless it is to show whether an endpoint is back. */
    void lose(Outcome why) {
        lost = true;
        if (!attempt.isDecisive()) {
            cancel(why);
            end(why);
        }
    }

    boolean hasLost() {
        return lost;
    }

    /** Cancels the call for that reason. Its own thread ends it then. */
    void cancel(Outcome why) {
        progress.giveUp(why);
        try {
            call.cancel();
        } catch (RuntimeException | Error e) { // a listener's; there may be others to cancel
            LOG.log(System.Logger.Level.WARNING, "An event listener failed when a call was cancelled", OneLine.of(e));
        }
    }

    void end(Outcome why) {
        progress.end(why.equals(HttpOutcomes.DEADLINE) ? Endings.outOfTime(progress) : why);
    }

    @Override
    public void callFailed(Call failed, IOException problem) {
        if (failed.isCanceled()) {
            race.ranOutOfTime(this);
        }
    }

    /** The user gets the response. */
    void handOver(@Nullable Deadline deadline) {
        progress.handOver(call, deadline);
    }

    boolean isDecisive() {
        return attempt.isDecisive();
    }

    /** Returns whether its request's body is being sent. */
    boolean isSendingBody() {
        return progress.transmission().isSendingBody();
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
