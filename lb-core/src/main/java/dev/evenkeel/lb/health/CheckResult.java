package dev.evenkeel.lb.health;

import dev.evenkeel.lb.text.OneLine;
import java.util.concurrent.CompletionException;

/**
 * What one check found.
 *
 * @param kind whether it passed
 * @param reason what was wrong, on one line; empty for a check that passed
 */
public record CheckResult(Kind kind, String reason) {
    public CheckResult {
        reason = OneLine.of(reason);
    }

    /** The endpoint is well. */
    public static final CheckResult PASSED = new CheckResult(Kind.PASSED, "");

    /** The kinds of result. */
    public enum Kind {
        /** The endpoint is well. */
        PASSED,
        /** It is not. */
        FAILED,
        /**
         * Nothing was found out, and that is not the endpoint's fault: the result neither counts nor ends a row. As many of these in a row as
         * failures that take an endpoint out are announced, and bring back one that is out.
         */
        UNKNOWN
    }

    /** Returns a failure. */
    public static CheckResult failed(String reason) {
        return new CheckResult(Kind.FAILED, reason);
    }

    /** Returns a failure in the words of what was thrown: its first line, as the message may quote what a server sent. */
    public static CheckResult failed(Throwable thrown) {
        Throwable cause = thrown.getCause();
        if (thrown instanceof CompletionException && cause != null) {
            return failed(cause);
        }
        String message = thrown.getMessage();
        String line = message == null ? "" : ": " + message.lines().findFirst().orElse("");
        return failed(thrown.getClass().getSimpleName() + line);
    }

    /** Returns that nothing was found out, and why: in words that tell a person what to do. */
    public static CheckResult unknown(String reason) {
        return new CheckResult(Kind.UNKNOWN, reason);
    }
}
