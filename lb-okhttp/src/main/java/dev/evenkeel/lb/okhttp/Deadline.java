package dev.evenkeel.lb.okhttp;

import dev.evenkeel.lb.text.OneLine;
import java.io.IOException;
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
import org.jspecify.annotations.Nullable;

/**
 * Cuts a call off when the time that its {@link CallSettings} allow is over, and says so in its exceptions. Uses the timer thread that
 * okio has for every time-out.
 *
 * <p>It cancels the call only while a thread is where the exception can be replaced: in our interceptor, or reading the body. OkHttp
 * looks in between whether the call was cancelled, and would say so in its own words.
 */
final class Deadline {
    private static final System.Logger LOG = System.getLogger(EvenkeelOkHttp.class.getName());

    private final String service;
    private final Duration limit;
    private final Call call;
    private final Timer timer = new Timer();
    private State state = State.ATTEMPTING; // guarded by the timer's monitor, which is held for a moment
    private volatile boolean expired; // written under that monitor
    private volatile @Nullable Thread striking; // written by the timer

    private Deadline(String service, Duration limit, Call call) {
        this.service = service;
        this.limit = limit;
        this.call = call;
    }

    private enum State {
        /** Attempts are under way. */
        ATTEMPTING,
        /** The user has the response, and does not read it now. */
        IDLE,
        /** The body is being read. */
        READING,
        /** The time is over. If that was while idle, the next to read is told so. */
        OVER,
        /** The call ended in time. */
        STOPPED
    }

    /** Starts the time for a call. */
    static Deadline start(String service, Duration limit, Call call) {
        Deadline deadline = new Deadline(service, limit, call);
        deadline.timer.timeout(limit.toNanos(), TimeUnit.NANOSECONDS);
        deadline.timer.enter();
        return deadline;
    }

    /** Returns whether the call was cut off while it waited for the endpoint. */
    boolean isExpired() {
        return expired;
    }

    /** Returns whether this thread is the timer's, which cancels the call just now. */
    boolean isStriking() {
        return striking == Thread.currentThread();
    }

    /** Stops the time: the call is over. Doing it twice changes nothing. */
    void stop() {
        synchronized (timer) {
            if (state != State.OVER) {
                state = State.STOPPED;
            }
        }
        timer.exit();
    }

    /** Returns the exception for the user: the given one, unless the deadline has passed. */
    IOException explain(IOException failure) {
        return isOver() && !(failure instanceof DeadlineExceededException) ? exceeded(failure) : failure;
    }

    private IOException exceeded(@Nullable IOException cause) {
        return new DeadlineExceededException(
                "deadline of " + limit.toMillis() + " ms for a call to " + service + " is over", cause);
    }

    private boolean isOver() {
        synchronized (timer) {
            return state == State.OVER;
        }
    }

    /**
     * Returns the response for the user, with a body that is cut off when the time is over. A WebSocket that has opened lives as long as
     * it likes.
     *
     * @throws DeadlineExceededException if the time is over; the response is closed
     */
    Response handOver(Response response) throws IOException {
        if (response.socket() != null) {
            stop();
        }
        if (!move(State.ATTEMPTING, State.IDLE) && isOver()) {
            Discarded.close(response);
            throw exceeded(null);
        }
        return isStopped() ? response : guarded(response);
    }

    private boolean isStopped() {
        synchronized (timer) {
            return state == State.STOPPED;
        }
    }

    private boolean move(State from, State to) {
        synchronized (timer) {
            boolean moved = state == from;
            if (moved) {
                state = to;
            }
            return moved;
        }
    }

    private Response guarded(Response response) {
        ResponseBody body = response.body();
        Source guarded = new GuardedSource(body.source());
        return response.newBuilder()
                .body(ResponseBody.create(Okio.buffer(guarded), body.contentType(), body.contentLength()))
                .build();
    }

    private final class Timer extends AsyncTimeout {
        @Override
        protected void timedOut() {
            if (strike()) {
                striking = Thread.currentThread();
                try {
                    call.cancel();
                } catch (RuntimeException | Error e) { // a listener's; the thread has other time-outs to look after
                    LOG.log(
                            System.Logger.Level.WARNING,
                            "An event listener failed when a call was cancelled",
                            OneLine.of(e));
                } finally {
                    striking = null;
                }
            }
        }

        private synchronized boolean strike() {
            boolean waiting = state == State.ATTEMPTING || state == State.READING;
            if (waiting) {
                expired = true;
            }
            if (state != State.STOPPED) {
                state = State.OVER;
            }
            return waiting;
        }
    }

    private final class GuardedSource extends ForwardingSource {
        GuardedSource(Source body) {
            super(body);
        }

        @Override
        public long read(Buffer sink, long byteCount) throws IOException {
            if (!move(State.IDLE, State.READING) && isOver()) {
                call.cancel(); // by the thread that reads, which is the one to hear of it
            }
            long read;
            try {
                read = super.read(sink, byteCount);
            } catch (IOException e) {
                throw explain(e);
            } finally {
                move(State.READING, State.IDLE);
            }
            if (isOver()) {
                throw exceeded(null);
            }
            if (read < 0) {
                stop();
            }
            return read;
        }

        @Override
        public void close() throws IOException {
            stop();
            super.close();
        }
    }
}
