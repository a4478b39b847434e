package dev.evenkeel.lb.okhttp;

/** Whether any endpoint of a service has been seen to speak TLS, and any to speak without. Safe for use by many threads. */
final class Spoken {
    private volatile boolean tls; // written by threads that read first bytes
    private volatile boolean plain; // likewise

    void prove(boolean withTls) {
        if (withTls) {
            tls = true;
        } else {
            plain = true;
        }
    }

    boolean isProven(boolean withTls) {
        return withTls ? tls : plain;
    }
}
