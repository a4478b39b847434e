package dev.evenkeel.lb.okhttp;

/** The answer of a service leads to another service, of which it is a call from here on. The attempt has ended. */
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
