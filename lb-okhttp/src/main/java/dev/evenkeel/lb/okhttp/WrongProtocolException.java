package dev.evenkeel.lb.okhttp;

import java.net.ProtocolException;
import org.jspecify.annotations.Nullable;

/** One end of a connection speaks TLS and the other does not. Nothing of a request has been understood. */
final class WrongProtocolException extends ProtocolException {
    @java.io.Serial
    private static final long serialVersionUID = 1;

    private final boolean forTls;

    /**
     * Creates it.
     *
     * @param forTls whether it was the URL that wanted TLS
     */
    WrongProtocolException(String message, boolean forTls) {
        super(message);
        this.forTls = forTls;
    }

    boolean isForTls() {
        return forTls;
    }

    /** Returns the one that a failure came from: TLS wraps what reading throws. Null if there is none. */
    static @Nullable WrongProtocolException in(Throwable failure) {
        for (@Nullable Throwable e = failure; e != null; e = e.getCause()) {
            if (e instanceof WrongProtocolException wrong) {
                return wrong;
            }
        }
        return null;
    }
}
