package dev.evenkeel.lb.policy;

import java.util.Arrays;

/**
 * Whose turn it is to take an entry of a {@link MaglevTable}. In each round everybody has a turn, in their order, unless their weight times
 * the number of the round has not yet come to the heaviest weight times the turns they had.
 *
 * <p>Each waits in the list of its next round, so that light ones cost nothing in the many rounds that pass them over. Not safe for use
 * by many threads.
 */
final class Rounds {
    private static final int NOBODY = -1;

    private final double[] weights;
    private final double heaviest;
    private final double[] due; // the weight that must have come together for the next turn
    private final int[] waiting; // by round: whoever came last to wait for it
    private final int[] behind; // whoever waits for the same round and came before
    private final int[] turns; // of this round, in order
    private int ofThisRound;
    private int taken;
    private int round;

    /** Prepares at most so many rounds. */
    Rounds(double[] weights, int most) {
        int n = weights.length;
        this.weights = weights;
        this.heaviest = Arrays.stream(weights).max().orElseThrow();
        this.due = new double[n];
        this.waiting = new int[most + 1];
        this.behind = new int[n];
        this.turns = new int[n];
        Arrays.fill(waiting, NOBODY);
        for (int i = 0; i < n; i++) {
            waitFor(1, i);
        }
    }

    /** Returns whose turn it is; the heaviest has one in each round. */
    int next() {
        if (taken == ofThisRound) {
            begin(++round);
        }
        int i = turns[taken++];
        due[i] += heaviest;
        waitFor(nextRound(i), i);
        return i;
    }

    private void begin(int thisRound) {
        taken = 0;
        ofThisRound = 0;
        for (int i = waiting[thisRound]; i != NOBODY; i = behind[i]) {
            turns[ofThisRound++] = i;
        }
        Arrays.sort(turns, 0, ofThisRound);
    }

    /** Division only comes near: the turn is decided by the product, as Envoy does it. */
    private long nextRound(int i) {
        long next = Math.max(round + 1, (long) (due[i] / weights[i]) - 1);
        while (next < waiting.length && next * weights[i] < due[i]) {
            next++;
        }
        return next;
    }

    private void waitFor(long next, int i) {
        if (next < waiting.length) {
            behind[i] = waiting[(int) next];
            waiting[(int) next] = i;
        }
    }
}
