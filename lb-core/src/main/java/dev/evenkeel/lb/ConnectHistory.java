package dev.evenkeel.lb;

import dev.evenkeel.lb.health.ConnectBackoff;
import java.util.random.RandomGenerator;

/** What is known of attempts to connect to one endpoint. Used under the cluster's lock. */
final class ConnectHistory {
    private int failuresInARow;
    private String lastFailure = "";
    private boolean everFailed;
    private long changedNanos; // when the endpoint last went out or came back; means nothing until everFailed
    private long probeDueNanos;
    private boolean ofTransport; // the last failure: reported by one that tries again by itself
    private boolean lost;
    private long lostNanos; // means nothing unless lost

    /** Returns whether an attempt that was picked then can tell anything new: what began before the last change cannot. */
    boolean isNews(long pickedNanos) {
        return !everFailed || pickedNanos - changedNanos >= 0;
    }

    /** Enters a failure and returns the pause until the next probe. */
    long failed(String reason, ConnectBackoff backoff, long nowNanos, RandomGenerator random) {
        failuresInARow++;
        everFailed = true;
        ofTransport = false;
        lastFailure = reason;
        changedNanos = nowNanos;
        long pause = backoff.pauseNanos(failuresInARow, random);
        probeDueNanos = nowNanos + pause;
        return pause;
    }

    /** Enters the same of a transport that keeps its connections, and tries again by itself. */
    long unreachable(String reason, ConnectBackoff backoff, long nowNanos, RandomGenerator random) {
        long pause = failed(reason, backoff, nowNanos, random);
        ofTransport = true;
        return pause;
    }

    /** Returns whether the last failure was one of a transport that tries again by itself. */
    boolean isOfTransport() {
        return ofTransport;
    }

    void connected(long nowNanos) {
        failuresInARow = 0;
        changedNanos = nowNanos;
    }

    /** Enters that connections which a transport kept are gone, and cannot be made again. */
    void lost(long nowNanos) {
        lost = true;
        lostNanos = nowNanos;
    }

    boolean isLost() {
        return lost;
    }

    /** Enters that there is a connection again, and returns since when there was none. */
    long foundNanos() {
        lost = false;
        return lostNanos;
    }

    /** Returns the time until a probe is due; negative when it is overdue. */
    long untilProbeNanos(long nowNanos) {
        return probeDueNanos - nowNanos;
    }

    /**
     * Returns the time until a probe, when the endpoint is back in the list. If one is overdue it comes at any time within the latest pause:
     * all clients hear of the list at once, and each has a probe to send.
     */
    long untilReturnProbeNanos(ConnectBackoff backoff, long nowNanos, RandomGenerator random) {
        long due = untilProbeNanos(nowNanos);
        return due > 0 ? due : (long) (random.nextDouble() * backoff.pauseNanos(failuresInARow, random));
    }

    String describe(long nowNanos) {
        long wait = untilProbeNanos(nowNanos);
        String failure = lastFailure + (failuresInARow > 1 ? ", " + failuresInARow + " times in a row" : "");
        return ofTransport
                ? failure + ", connecting is tried again by itself"
                : failure + (wait > 0 ? ", next try in " + Text.seconds(wait) : ", next request tries it");
    }
}
