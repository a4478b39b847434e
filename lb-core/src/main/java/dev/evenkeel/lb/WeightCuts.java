package dev.evenkeel.lb;

import dev.evenkeel.lb.health.SlowStart;

/** Why an endpoint gets less than its share although it is available. Used under the cluster's lock. */
final class WeightCuts {
    private static final double HALF = 0.5;

    /** An endpoint that answers as quickly as its peers gets so many times as much each second. Tried in the simulator. */
    private static final double STEP = 2.5;

    private boolean starting;
    private long startedNanos; // means nothing unless starting
    private long attemptsAtStart; // likewise
    private double warmth; // the share that its answers have earned; likewise
    private boolean slow;
    private boolean pushedBack;
    private long pushbackEndsNanos; // means nothing unless pushedBack

    /** Begins a slow start. */
    void start(long attempts, long nowNanos) {
        starting = true;
        startedNanos = nowNanos;
        attemptsAtStart = attempts;
        warmth = 0;
    }

    boolean isStarting() {
        return starting;
    }

    /**
     * Notes what the answers of the last second say: as quick as those of its peers, it may have more at once; slow, it is cold.
     *
     * @param floor the share that it began with
     */
    void setWarm(boolean warm, double floor) {
        warmth = warm ? Math.min(1, STEP * Math.max(warmth, floor)) : 0;
    }

    /** Notes whether its answers are much slower than its peers', and returns whether that is new. */
    boolean setSlow(boolean isSlow) {
        boolean changed = slow != isSlow;
        slow = isSlow;
        return changed;
    }

    /** Notes that the endpoint asked for less load until then. */
    void pushBack(long untilNanos) {
        pushbackEndsNanos = pushedBack && pushbackEndsNanos - untilNanos > 0 ? pushbackEndsNanos : untilNanos;
        pushedBack = true;
    }

    boolean isPushedBack() {
        return pushedBack;
    }

    /** Returns what holds it back, in words; empty if nothing does. */
    String describe(long nowNanos) {
        String pause = pushedBack && pushbackEndsNanos - nowNanos > 0
                ? "asked for a pause, " + Text.seconds(pushbackEndsNanos - nowNanos) + " left"
                : "";
        String ramp = starting ? "starts slowly" : "";
        return pause.isEmpty() || ramp.isEmpty() ? pause + ramp : pause + "; " + ramp;
    }

    /** Returns whether it gets its whole share, as far as is known here. */
    boolean isNothing() {
        return !starting && !slow && !pushedBack;
    }

    /** Returns how far its slow start has come, more than 0 and at most 1. */
    double ramp(SlowStart slowStart, long attempts, long nowNanos) {
        if (!starting) {
            return 1;
        }
        double share = Math.max(warmth, slowStart.share(nowNanos - startedNanos, attempts - attemptsAtStart));
        starting = share < 1;
        return share;
    }

    /** Returns the share of its weight that the endpoint gets now for other reasons than its slow start, more than 0 and at most 1. */
    double share(long nowNanos) {
        pushedBack = pushedBack && pushbackEndsNanos - nowNanos > 0;
        return (slow ? HALF : 1) * (pushedBack ? HALF : 1);
    }
}
