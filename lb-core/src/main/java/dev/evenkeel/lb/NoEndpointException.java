package dev.evenkeel.lb;

import dev.evenkeel.lb.text.OneLine;
import java.io.Serial;

/**
 * There is no endpoint to send a request to. The message names the service and says how many endpoints there are and why each of them
 * is out; or which limit in flight has been reached, or that the service's circuit breaker is open, and until when. Nothing has been sent.
 */
public final class NoEndpointException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    private final Reason reason;

    /** What stood in the way, for those who must know whether it is worth waiting. */
    public enum Reason {
        /** Just now there is nobody: the list is empty, or all in it are out, or nobody of the subset is there. */
        NOBODY,

        /** There is somebody, but a limit in flight has been reached, or the service's circuit breaker is open. */
        LIMIT,

        /** There is nobody, and will not be: the load balancer is closed, or has no subset of the kind that was asked for. */
        NEVER
    }

    NoEndpointException(Reason reason, String message) {
        super(OneLine.of(message));
        this.reason = reason;
    }

    /** Returns what stood in the way when it was thrown. */
    public Reason reason() {
        return reason;
    }
}
