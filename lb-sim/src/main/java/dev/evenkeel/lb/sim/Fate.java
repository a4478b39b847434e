package dev.evenkeel.lb.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongUnaryOperator;

/**
 * What befalls a server in a run, whatever it is asked to do. Moments are nanoseconds since the run began. At the very moment of a change
 * both sides of it hold, because what else happens then may come before it or after.
 */
final class Fate {
    static final long NEVER = Long.MAX_VALUE;

    private final List<Stretch> stretches = new ArrayList<>(); // each lasts to the beginning of the next

    /**
     * A time in which nothing changes.
     *
     * @param speed how much work is done in a unit of time; 0 while there is no process
     * @param accepts whether a request that arrives may be answered well
     * @param reachable whether answers get through
     * @param crash whether it begins with a crash
     */
    private record Stretch(long startNanos, double speed, boolean accepts, boolean reachable, boolean crash) {}

    Fate() {
        stretches.add(new Stretch(0, 1, true, true, false));
    }

    /** Notes that the server's condition is another one from now on. */
    void note(long nowNanos, Condition condition, boolean crash) {
        Stretch last = stretches.get(stretches.size() - 1);
        boolean crashed = crash;
        if (last.startNanos == nowNanos) {
            stretches.remove(stretches.size() - 1);
            crashed |= last.crash;
        }
        double speed = condition.isDown() ? 0 : condition.speed();
        stretches.add(new Stretch(nowNanos, speed, condition.mayAnswerWell(), !condition.isUnreachable(), crashed));
    }

    /**
     * Returns the earliest moment at which the server can answer a request, were it the only one there; {@link #NEVER} if it cannot.
     *
     * @param arrivalNanos when the request arrives at the earliest; it may be sent later
     * @param demandNanos its work at normal speed
     * @param behind tells from when the work is done when the answer is ready
     */
    long answersNanos(long arrivalNanos, long demandNanos, LongUnaryOperator behind) {
        long at = arrivalNanos;
        int i = indexAt(at);
        while (true) {
            while (!stretches.get(i).accepts) {
                if (++i == stretches.size()) {
                    return NEVER;
                }
            }
            at = Math.max(at, stretches.get(i).startNanos);
            long done = doneNanos(i, at, demandNanos);
            long ready = done == NEVER ? NEVER : behind.applyAsLong(done);
            int crash = crashBefore(i, ready);
            if (crash < 0) {
                return ready == NEVER ? NEVER : reachableNanos(ready);
            }
            i = crash; // it is sent again afterwards
        }
    }

    private int indexAt(long nanos) {
        int i = stretches.size() - 1;
        while (i > 0 && stretches.get(i).startNanos >= nanos) {
            i--;
        }
        return i;
    }

    private long doneNanos(int first, long fromNanos, long demandNanos) {
        double left = demandNanos;
        long at = fromNanos;
        for (int i = first; i < stretches.size(); i++) {
            double speed = stretches.get(i).speed;
            long end = endNanos(i);
            double needed = speed == 0 ? Double.POSITIVE_INFINITY : left / speed;
            if (needed <= (double) end - at) {
                // Over several stretches the server may have rounded in other places.
                return at + (long) (i == first ? Math.ceil(needed) : Math.floor(needed - 0.001));
            }
            left -= (end - at) * speed;
            at = end;
        }
        return NEVER;
    }

    private int crashBefore(int after, long nanos) {
        for (int i = after + 1; i < stretches.size() && stretches.get(i).startNanos < nanos; i++) {
            if (stretches.get(i).crash) {
                return i;
            }
        }
        return -1;
    }

    private long reachableNanos(long nanos) {
        for (int i = indexAt(nanos); i < stretches.size(); i++) {
            if (stretches.get(i).reachable) {
                return Math.max(nanos, stretches.get(i).startNanos);
            }
        }
        return NEVER;
    }

    /** Returns how much work one worker can do between two moments. */
    double workNanos(long fromNanos, long toNanos) {
        double work = 0;
        for (int i = 0; i < stretches.size(); i++) {
            long start = Math.max(fromNanos, stretches.get(i).startNanos);
            long end = Math.min(toNanos, endNanos(i));
            work += Math.max(0, end - start) * stretches.get(i).speed;
        }
        return work;
    }

    private long endNanos(int i) {
        return i + 1 == stretches.size() ? NEVER : stretches.get(i + 1).startNanos;
    }
}
