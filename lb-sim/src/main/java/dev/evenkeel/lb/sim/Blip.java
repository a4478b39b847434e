package dev.evenkeel.lb.sim;

import java.time.Duration;

/**
 * One bad answer of a server that is well before and afterwards: a lost packet, a pause, a request that meets a restart. {@link
 * Fault#blip} says where. Immutable.
 */
public final class Blip {
    private final Kind kind;
    private final long lateNanos;
    private final boolean perClient;

    private enum Kind {
        ERROR,
        LATE,
        LOST
    }

    private Blip(Kind kind, long lateNanos, boolean perClient) {
        this.kind = kind;
        this.lateNanos = lateNanos;
        this.perClient = perClient;
    }

    /** The attempt is answered with HTTP 503 at once, without work. */
    public static Blip error() {
        return new Blip(Kind.ERROR, 0, false);
    }

    /** The request is worked on as always, but its answer comes so much later. */
    public static Blip lateAnswer(Duration by) {
        return new Blip(Kind.LATE, Check.positive("by", by), false);
    }

    /** The request is worked on as always, but its answer never comes, and the connection looks alive: the caller must lose patience. */
    public static Blip noAnswer() {
        return new Blip(Kind.LOST, 0, false);
    }

    /** Returns this blip for one attempt of each client, where otherwise it is for one attempt in all. */
    public Blip perClient() {
        return new Blip(kind, lateNanos, true);
    }

    boolean isError() {
        return kind == Kind.ERROR;
    }

    boolean losesAnswer() {
        return kind == Kind.LOST;
    }

    /** Returns by how much the answer is late. */
    long lateNanos() {
        return lateNanos;
    }

    boolean isPerClient() {
        return perClient;
    }

    @Override
    public String toString() {
        String what = switch (kind) {
            case ERROR -> "one error";
            case LATE -> "one answer late by " + Check.text(Duration.ofNanos(lateNanos));
            case LOST -> "one lost answer";
        };
        return perClient ? what + " per client" : what;
    }
}
