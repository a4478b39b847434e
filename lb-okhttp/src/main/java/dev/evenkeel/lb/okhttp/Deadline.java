package dev.evenkeel.lb.okhttp;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import okhttp3.Call;
import okhttp3.Response;
import okhttp3.ResponseBody;
import okio.AsyncTimeout;
import okio.Buffer;
import okio.ForwardingSource;
import okio.Okio;
import okio.Source;

/**
 * Cancels a call when the time that its {@link CallSettings} allow is over, and says so in its exceptions. Uses the timer thread that
 * okio has for every time-out.
 */
final class Deadline {
    private final String service;
    private final Duration limit;
    private final Call call;
    private final Timer timer = new Timer();
    private volatile boolean expired; // written by the timer

    private Deadline(String service, Duration limit, Call call) {
        this.service = service;
        this.limit = limit;
        this.call = call;
    }

    /** Starts the time for a call. */
    static Deadline start(String service, Duration limit, Call call) {
        Deadline deadline = new Deadline(service, limit, call);
        deadline.timer.timeout(limit.toNanos(), TimeUnit.NANOSECONDS);
        deadline.timer.enter();
        return deadline;
    }

    boolean isExpired() {
        return expired;
    }

    /** Stops the time: the call is over. Doing it twice changes nothing. */
    void stop() {
        timer.exit();
    }

    /** Returns the exception for the user: the given one, unless it is the deadline that caused it. */
    IOException explain(IOException failure) {
        if (!expired || failure instanceof Exceeded) {
            return failure;
        }
        return new Exceeded("deadline of " + limit.toMillis() + " ms for a call to " + service + " is over", failure);
    }

    /** Returns the response with a body whose reading fails with an explanation when the time is over. */
    Response guard(Response response) {
        if (response.socket() != null) {
            stop(); // an opened WebSocket lives as long as it likes
            return response;
        }
        ResponseBody body = response.body();
        Source guarded = new GuardedSource(body.source());
        return response.newBuilder()
                .body(ResponseBody.create(Okio.buffer(guarded), body.contentType(), body.contentLength()))
                .build();
    }

    private final class Timer extends AsyncTimeout {
        @Override
        protected void timedOut() {
            expired = true;
            call.cancel();
        }
    }

    private final class GuardedSource extends ForwardingSource {
        GuardedSource(Source body) {
            super(body);
        }

        @Override
        public long read(Buffer sink, long byteCount) throws IOException {
            try {
                return super.read(sink, byteCount);
            } catch (IOException e) {
                throw explain(e);
            }
        }
    }

    /** What the user sees. */
    private static final class Exceeded extends SocketTimeoutException {
        @java.io.Serial
        private static final long serialVersionUID = 1;

        Exceeded(String message, IOException cause) {
            super(message);
            initCause(cause);
        }
    }
}
