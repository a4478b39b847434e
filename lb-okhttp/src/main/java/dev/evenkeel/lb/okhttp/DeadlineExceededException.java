package dev.evenkeel.lb.okhttp;

import java.net.SocketTimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Thrown when the deadline that a request has in its {@link CallSettings} passes: by {@code execute()}, to {@code onFailure}, or by the
 * response's body, wherever the call is then. It is always this exception. The cause is what was under way and was cut off, if there was
 * anything.
 *
 * <p>A {@code catch} of {@link java.io.InterruptedIOException} gets both this and what OkHttp throws when the client's own
 * {@code callTimeout} passes.
 */
public final class DeadlineExceededException extends SocketTimeoutException {
    @java.io.Serial
    private static final long serialVersionUID = 1;

    DeadlineExceededException(String message, @Nullable Throwable cause) {
        super(message);
        initCause(cause);
    }
}
