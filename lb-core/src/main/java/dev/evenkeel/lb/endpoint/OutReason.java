package dev.evenkeel.lb.endpoint;

/** Why an endpoint is not picked. An endpoint without any reason is available. */
public enum OutReason {
    /** Connections to it fail; it is tried again after a pause. */
    CONNECT_FAILED(1),
    /** The transport of this view has no connection to it yet, or lost it. */
    NOT_READY(1 << 1),
    /** It is shutting down or was asked to drain: it finishes what it has and gets nothing new. */
    DRAINING(1 << 2),
    /** It stood out by its failures; it is left out for a while on suspicion. */
    EJECTED(1 << 3),
    /** Health checks of it fail, several in a row. */
    PROBE_FAILED(1 << 4),
    /** Its circuit breaker is open or half-open; it is left out on suspicion, except by the attempts that try it. */
    BREAKER_OPEN(1 << 5),
    /** The list is long, and this client uses others of it; each client uses a part of it. */
    UNUSED(1 << 6);

    private final int bit;

    OutReason(int bit) {
        this.bit = bit;
    }

    int bit() {
        return bit;
    }
}
