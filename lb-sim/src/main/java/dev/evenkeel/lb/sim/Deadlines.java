package dev.evenkeel.lb.sim;

import java.util.ArrayDeque;

/**
 * The deadlines of one client's calls. All its calls have the same time, so they are due in order, and one timer serves
 * them all. Calls that are over are forgotten in time: at most twice as many are kept as are open, and a few.
 */
final class Deadlines {
    private static final int A_FEW = 64;

    private final ProcessTime time;
    private final long limitNanos;
    private final ArrayDeque<LogicalCall> calls = new ArrayDeque<>();
    private boolean armed;
    private int tidyAt = A_FEW; // from how many calls on those that are over are looked for

    Deadlines(ProcessTime time, long limitNanos) {
        this.time = time;
        this.limitNanos = limitNanos;
    }

    void add(LogicalCall call) {
        if (calls.size() >= tidyAt) {
            calls.removeIf(LogicalCall::isOver);
            tidyAt = Math.max(A_FEW, 2 * calls.size());
        }
        calls.add(call);
        if (!armed) {
            arm(limitNanos);
        }
    }

    private void arm(long delayNanos) {
        armed = true;
        time.schedule(delayNanos, this::expire);
    }

    private void expire() {
        armed = false;
        for (LogicalCall call = calls.peek(); call != null; call = calls.peek()) {
            long remaining = limitNanos - (time.nanos() - call.startNanos());
            if (!call.isOver() && remaining > 0) {
                arm(remaining);
                return;
            }
            calls.remove();
            call.expire();
        }
    }
}
