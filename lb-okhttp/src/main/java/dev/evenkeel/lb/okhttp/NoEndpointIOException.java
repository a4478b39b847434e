package dev.evenkeel.lb.okhttp;

import dev.evenkeel.lb.NoEndpointException;
import java.io.IOException;
import java.io.Serial;

/**
 * There is no endpoint to send a request to. The message names the service and says how many endpoints there are and why each of them
 * is out. No connection has been opened; if there were earlier attempts, their failures are among the suppressed exceptions.
 */
public final class NoEndpointIOException extends IOException {
    @Serial
    private static final long serialVersionUID = 1;

    NoEndpointIOException(NoEndpointException cause) {
        super(cause.getMessage(), cause);
    }
}
