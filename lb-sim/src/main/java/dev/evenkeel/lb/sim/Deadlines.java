package dev.evenkeel.lb.sim;

import java.util.ArrayDeque;

/**
 * The deadlines of one client's calls. All its calls have the same time, so they are due in order, and one timer serves
 * them all.
 */
final class Deadlines {
    private final ProcessTime time;
    private final long limitNanos;
    private final ArrayDeque<LogicalCall> calls = new ArrayDeque<>();
    private boolean armed;

    Deadlines(ProcessTime time, long limitNanos) {
        this.time = time;
        this.limitNanos = limitNanos;
    }

    void add(LogicalCall call) {
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
