package dev.evenkeel.lb;

/** How often one endpoint was ejected lately, and until when it is. Used under the cluster's lock. */
final class EjectionHistory {
    private int times; // how often, less one for each quiet spell since
    private String reason = "";
    private long untilNanos; // means nothing before the first ejection
    private long quietSinceNanos; // means nothing while times is 0

    /** Notes an ejection and returns how many there were lately, this one included. */
    int eject(String newReason) {
        reason = newReason;
        return ++times;
    }

    void until(long nanos) {
        untilNanos = nanos;
    }

    boolean isOver(long nowNanos) {
        return nowNanos - untilNanos >= 0;
    }

    void returned(long nowNanos) {
        quietSinceNanos = nowNanos;
    }

    /** Forgets one ejection for each spell of this length that the endpoint has been in use; whether it got traffic does not matter. */
    void decay(long spellNanos, long nowNanos) {
        while (times > 0 && nowNanos - quietSinceNanos >= spellNanos) {
            times--;
            quietSinceNanos += spellNanos;
        }
    }

    boolean isForgotten() {
        return times == 0;
    }

    String describe(long nowNanos) {
        return reason + ", back in " + Text.seconds(Math.max(0, untilNanos - nowNanos));
    }
}
