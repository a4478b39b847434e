package dev.evenkeel.lb;

import java.io.Serial;

/**
 * There is no endpoint to send a request to. The message names the service and says how many endpoints there are and why each of them
 * is out; or which limit in flight has been reached, or that the service's circuit breaker is open, and until when. Nothing has been sent.
 */
public final class NoEndpointException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    NoEndpointException(String message) {
        super(message);
    }
}
