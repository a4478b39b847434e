package dev.evenkeel.lb.okhttp;

/** An answer leads to another service, of which it is a call from here on, or from the cache to any other host. No attempt is under way. */
final class Redirected extends RuntimeException {
    @java.io.Serial
    private static final long serialVersionUID = 1;

    private final transient Hop next;

    Redirected(Hop next) {
        super("redirected to " + next.request().url().host(), null, false, false);
        this.next = next;
    }

    Hop next() {
        return next;
    }
}
