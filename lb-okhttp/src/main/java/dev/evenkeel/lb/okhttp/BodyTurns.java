package dev.evenkeel.lb.okhttp;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import okhttp3.MediaType;
import okhttp3.Request;
import okhttp3.RequestBody;
import okio.BufferedSink;
import org.jspecify.annotations.Nullable;

/**
 * Lets the attempts of one call write its request's body in turns. A body may be read again, but is not made to be read by two threads
 * at a time: it may be a file, or count what it has sent.
 */
final class BodyTurns {
    /** A cancel is rare here, and costs a thread this much at most. */
    private static final long LOOK_FOR_CANCEL_MILLIS = 50;

    private final ReentrantLock turn = new ReentrantLock();

    /**
     * Returns the request for one attempt.
     *
     * @param cancelled whether the attempt has been cancelled
     */
    Request of(Request request, BooleanSupplier cancelled) {
        RequestBody body = request.body();
        return body == null
                ? request
                : request.newBuilder()
                        .method(request.method(), new InTurn(body, cancelled))
                        .build();
    }

    private final class InTurn extends RequestBody {
        private final RequestBody body;
        private final BooleanSupplier cancelled;

        InTurn(RequestBody body, BooleanSupplier cancelled) {
            this.body = body;
            this.cancelled = cancelled;
        }

        @Override
        public @Nullable MediaType contentType() {
            return body.contentType();
        }

        @Override
        public long contentLength() throws IOException {
            return body.contentLength();
        }

        @Override
        public void writeTo(BufferedSink sink) throws IOException {
            take();
            try {
                body.writeTo(sink);
            } finally {
                turn.unlock();
            }
        }

        private void take() throws IOException {
            try {
                while (!turn.tryLock(LOOK_FOR_CANCEL_MILLIS, TimeUnit.MILLISECONDS)) {
                    if (cancelled.getAsBoolean()) {
                        throw new IOException("Canceled");
                    }
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted while another attempt sends the body");
            }
        }
    }
}
