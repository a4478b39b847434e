package dev.evenkeel.lb.okhttp;

import dev.evenkeel.lb.Attempt;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.okhttp.HttpOutcomes.Reached;
import dev.evenkeel.lb.okhttp.HttpOutcomes.Stage;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import okhttp3.Address;
import okhttp3.Call;
import okhttp3.Connection;
import okhttp3.EventListener;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * What has become of a call so far, seen through its events: it feeds the current attempt back to the core, exactly once, at the end
 * of the response's body.
 *
 * <p>Nearly all of it runs on the thread of the call. What others may touch is volatile: {@link #canceled} comes from any thread, and
 * so does the end of a body.
 *
 * <p>Longer than a class should be, on purpose: it is one object because every call pays for it, and two would cost more than they clear up.
 */
final class CallProgress extends EventListener {
    private static final int SWITCHING_PROTOCOLS = 101;

    private final HttpOutcomes outcomes;
    private final Anomalies anomalies;

    // Written by the call's thread, when an attempt begins.
    private volatile @Nullable Attempt attempt;
    private volatile @Nullable PinnedEndpoint endpoint;
    private volatile @Nullable Deadline deadline;
    private volatile @Nullable Past past;

    private volatile @Nullable Outcome verdict; // what is known of the attempt; written by whoever learns it
    // Written by the call's thread, when the user gets the response.
    private volatile LeakWatch.@Nullable Watched watched;
    private volatile boolean handedOver;

    private volatile boolean heldBack; // written by whoever will say itself how the attempt ended
    private volatile boolean sendingBody; // written by the call's thread
    private volatile boolean ended; // written by whoever ends the attempt
    private volatile @Nullable Pause pause; // written by the call's thread, woken by a cancel
    private volatile @Nullable IOException transportFailure; // written by whoever reads or writes

    // Read and written by the call's thread.
    private @Nullable Connection held;
    private Stage stage = Stage.PICKED;
    private boolean connected; // anew, in this attempt
    private boolean bodyDone;
    private boolean notOurs; // what fails now is another host's, or a WebSocket's, which may just close

    CallProgress(HttpOutcomes outcomes, Anomalies anomalies) {
        this.outcomes = outcomes;
        this.anomalies = anomalies;
    }

    /** An attempt before the current one. */
    record Past(
            Attempt attempt,
            @Nullable Outcome outcome,
            @Nullable Past previous) {}

    static @Nullable CallProgress find(Call call) {
        return call.tag(CallProgress.class);
    }

    /** Returns whether the call still holds a connection, which OkHttp would use again whoever is picked next. */
    boolean holdsConnection() {
        return held != null;
    }

    /**
     * Learns that a request is about to be sent. One object follows all attempts of the call, also if an interceptor before ours sends
     * the call again.
     */
    void begin(Call call, Attempt newAttempt, PinnedEndpoint newEndpoint, @Nullable Deadline newDeadline) {
        Attempt before = attempt;
        if (before == null) {
            call.addEventListener(this);
        } else {
            end(verdict == null ? Outcome.CANCELLED : Outcome.SUCCESS);
            past = new Past(before, verdict, past);
        }
        verdict = null;
        transportFailure = null;
        watched = null;
        handedOver = false;
        bodyDone = false;
        notOurs = false;
        ended = false;
        stage = Stage.PICKED;
        connected = false;
        endpoint = newEndpoint;
        deadline = newDeadline;
        attempt = newAttempt;
    }

    /** Learns that a response is about to be returned, and returns what it says of the endpoint. */
    Outcome answered() {
        Outcome answer = verdict;
        if (answer != null) {
            return answer;
        }
        end(HttpOutcomes.FROM_CACHE);
        return HttpOutcomes.FROM_CACHE;
    }

    /** Learns that the attempt failed, and returns what that means. A cancelled call is left to its end, which knows who did it. */
    Outcome failed(IOException failure, Call call) {
        Deadline limit = deadline;
        if (call.isCanceled() && !(limit != null && limit.isExpired())) {
            return Outcome.CANCELLED;
        }
        Outcome outcome = outcomeOf(failure, call);
        PinnedEndpoint used = endpoint;
        if (used != null && outcome.kind() == Outcome.Kind.STALE_CONNECTION) {
            used.foundStale();
        }
        end(outcome);
        return outcome;
    }

    private Outcome outcomeOf(IOException failure, Call call) {
        if (call.isCanceled()) {
            return HttpOutcomes.DEADLINE;
        }
        if (Thread.currentThread().isInterrupted()) {
            return Outcome.CANCELLED;
        }
        if (notOurs) {
            return HttpOutcomes.ELSEWHERE;
        }
        Connection connection = held;
        boolean multiplexed = connection != null && isMultiplexed(connection);
        return HttpOutcomes.of(failure, new Reached(stage, !connected, multiplexed, transportFailure != null));
    }

    /** Learns that the user gets the response, so that this attempt ends with the response's body. */
    void handOver() {
        Attempt current = attempt;
        if (current != null && !bodyDone) {
            watched = anomalies.leaks().watch(this, current);
        }
        handedOver = true;
    }

    /** Ends the attempt, unless it has ended. A success then means that nothing went wrong since the answer. */
    void end(Outcome outcome) {
        Attempt current = attempt;
        if (current == null || ended) {
            return;
        }
        ended = true;
        if (verdict == null || outcome.kind() != Outcome.Kind.SUCCESS) {
            verdict = outcome;
        }
        current.complete(outcome);
        LeakWatch.Watched watch = watched;
        if (watch != null) {
            anomalies.leaks().end(watch);
        }
    }

    /** Leaves it to whoever asks for it to end the attempt: the call's own end will not say why. */
    void holdBack() {
        heldBack = true;
    }

    boolean isSendingBody() {
        return sendingBody;
    }

    /** Returns what is known of the latest attempt. */
    @Nullable
    Outcome verdict() {
        return verdict;
    }

    /** Waits before the next attempt, see {@link Pause#await}. */
    void pause(Call call, long nanos) throws IOException {
        Pause waiting = new Pause();
        pause = waiting;
        waiting.await(call, nanos);
    }

    @Override
    public void connectEnd(Call call, InetSocketAddress address, Proxy proxy, @Nullable Protocol protocol) {
        connected = true;
    }

    @Override
    public void connectionAcquired(Call call, Connection connection) {
        held = connection;
        PinnedEndpoint picked = endpoint;
        if (picked == null) {
            return;
        }
        Address address = connection.route().address();
        if (address.dns() != picked && address.url().host().equals(picked.service())) {
            anomalies.misrouted(picked);
        }
        if (stage == Stage.PICKED) {
            stage = Stage.CONNECTED;
        }
    }

    @Override
    public void connectionReleased(Call call, Connection connection) {
        held = null;
        if (connection.route().address().dns() instanceof PinnedEndpoint owner) {
            owner.released(connection.socket().isClosed());
        }
    }

    @Override
    public void requestHeadersStart(Call call) {
        PinnedEndpoint picked = endpoint;
        if (notOurs) {
            return;
        }
        if (stage == Stage.PICKED && picked != null) {
            anomalies.misrouted(picked); // over the connection of an attempt before this one
        }
        stage = Stage.SENT;
    }

    @Override
    public void requestBodyStart(Call call) {
        sendingBody = true;
    }

    @Override
    public void requestBodyEnd(Call call, long byteCount) {
        sendingBody = false;
    }

    @Override
    public void requestFailed(Call call, IOException failure) {
        transportFailure = failure;
    }

    @Override
    public void responseFailed(Call call, IOException failure) {
        transportFailure = failure;
    }

    /**
     * The first answer of the service itself settles what the endpoint is worth; redirects may follow. A refusal waits for what OkHttp makes of
     * it: where it asks for a log-in, the answer after that counts.
     */
    @Override
    public void responseHeadersEnd(Call call, Response response) {
        if (notOurs) {
            return;
        }
        transportFailure = null; // a server may refuse a request before it has read it all
        stage = Stage.ANSWERED;
        Attempt current = attempt;
        if (current != null) {
            Outcome answer = outcomes.of(response);
            verdict = answer;
            if (answer.kind() != Outcome.Kind.REJECTED) {
                current.answered(answer);
            }
            notOurs = response.code() == SWITCHING_PROTOCOLS;
        }
    }

    @Override
    public void followUpDecision(Call call, Response response, @Nullable Request next) {
        PinnedEndpoint picked = endpoint;
        if (picked == null) {
            return;
        }
        boolean elsewhere = next != null && !next.url().host().equals(picked.service());
        if ((next == null || elsewhere) && !notOurs) {
            settle();
        }
        if (next == null) {
            return;
        }
        bodyDone = false;
        notOurs = elsewhere;
        if (!notOurs) {
            stage = Stage.CONNECTED;
            connected = true;
        }
    }

    /** Has no effect on an attempt whose answer is settled. */
    private void settle() {
        Attempt current = attempt;
        Outcome answer = verdict;
        if (current != null && answer != null) {
            current.answered(answer);
        }
    }

    @Override
    public void responseBodyEnd(Call call, long byteCount) {
        bodyDone = true;
    }

    @Override
    public void callEnd(Call call) {
        close(call, null);
    }

    @Override
    public void callFailed(Call call, IOException failure) {
        close(call, failure);
    }

    private void close(Call call, @Nullable IOException failure) {
        if (!heldBack) {
            end(outcomeOfEnd(call, failure));
        }
        Deadline limit = deadline;
        if (limit != null && handedOver) {
            limit.stop();
        }
    }

    /**
     * Hears that somebody cancelled, while nobody may be reading. If that can have been the client's own time-out it is left to the
     * call's end to say so.
     */
    @Override
    public void canceled(Call call) {
        Pause waiting = pause;
        if (waiting != null) {
            waiting.wake();
        }
        Deadline limit = deadline;
        boolean known = call.timeout().timeoutNanos() == 0 || (limit != null && limit.isExpired());
        if (handedOver && known) {
            end(outcomeOfEnd(call, null));
        }
    }

    private Outcome outcomeOfEnd(Call call, @Nullable IOException failure) {
        Deadline limit = deadline;
        if (limit != null && limit.isExpired()) {
            return HttpOutcomes.DEADLINE;
        }
        if (call.isCanceled()) {
            boolean timedOut = failure != null && HttpOutcomes.isInterrupt(failure);
            return timedOut ? HttpOutcomes.DEADLINE : Outcome.CANCELLED;
        }
        IOException broken = transportFailure;
        return broken == null || notOurs ? Outcome.SUCCESS : HttpOutcomes.ofBody(broken);
    }

    private static boolean isMultiplexed(Connection connection) {
        return switch (connection.protocol()) {
            case HTTP_2, H2_PRIOR_KNOWLEDGE -> true;
            default -> false; // the enum is OkHttp's, and may grow
        };
    }

    /** Returns the attempts so far, the latest first. */
    @Nullable
    Past trail() {
        Attempt current = attempt;
        return current == null ? null : new Past(current, verdict, past);
    }
}
