package dev.evenkeel.lb.okhttp;

import dev.evenkeel.lb.text.OneLine;
import java.util.concurrent.TimeUnit;
import okio.AsyncTimeout;

/** Says once that it is time, unless it is stopped before. Uses the timer thread that okio has for every time-out, so what it runs must not wait. */
final class HedgeTimer extends AsyncTimeout {
    private static final System.Logger LOG = System.getLogger(HedgeTimer.class.getName());

    private final Runnable task;

    private HedgeTimer(Runnable task) {
        this.task = task;
    }

    static HedgeTimer start(long delayNanos, Runnable task) {
        HedgeTimer timer = new HedgeTimer(task);
        timer.timeout(delayNanos, TimeUnit.NANOSECONDS);
        timer.enter();
        return timer;
    }

    @Override
    protected void timedOut() {
        try {
            task.run();
        } catch (RuntimeException
                | OutOfMemoryError e) { // without a thread there is no hedge, but all other time-outs must go on
            LOG.log(System.Logger.Level.WARNING, "No thread for another attempt", OneLine.of(e));
        }
    }
}
