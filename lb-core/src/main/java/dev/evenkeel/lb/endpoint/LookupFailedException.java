package dev.evenkeel.lb.endpoint;

/** A list could not be had, for a reason in words for a person. */
final class LookupFailedException extends Exception {
    private static final long serialVersionUID = 1L;

    private final String reason;

    LookupFailedException(String reason) {
        super(reason, null, false, false); // an answer rather than a fault: nobody reads its stack trace
        this.reason = reason;
    }

    String reason() {
        return reason;
    }
}
