package dev.evenkeel.lb.sim;

import java.util.List;

/** Takes servers out of discovery's list and puts them back, in turns, until it ends. */
final class Flapping {
    private final World world;
    private final List<Server> servers;
    private final long halfPeriodNanos;
    private Runnable comeBack = () -> {};
    private boolean ended;

    Flapping(World world, List<Server> servers, long halfPeriodNanos) {
        this.world = world;
        this.servers = servers;
        this.halfPeriodNanos = halfPeriodNanos;
        leave();
    }

    private void leave() {
        if (!ended) {
            comeBack = world.discovery().remove(servers);
            world.later(halfPeriodNanos, this::join);
        }
    }

    private void join() {
        if (!ended) {
            comeBack.run();
            comeBack = () -> {};
            world.later(halfPeriodNanos, this::leave);
        }
    }

    void end() {
        ended = true;
        comeBack.run();
    }
}
