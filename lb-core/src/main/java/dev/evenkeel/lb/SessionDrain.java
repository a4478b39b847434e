package dev.evenkeel.lb;

import dev.evenkeel.lb.time.Scheduler;

/**
 * The time for which an endpoint that drains keeps the sessions it has.
 *
 * @param untilNanos when it is over, on the environment's clock
 * @param timer says then that the endpoint has drained
 */
record SessionDrain(long untilNanos, Scheduler.Scheduled timer) {
    boolean isOver(long nowNanos) {
        return untilNanos - nowNanos <= 0;
    }
}
