package dev.evenkeel.lb.sim;

import java.util.List;

/**
 * What will happen in a run whatever load balancers do, which is all that faults do. Moments are nanoseconds since the run began.
 *
 * @param fates what befalls each server
 * @param heardNanos when callers first heard of each server; {@link Fate#NEVER} if they do not
 * @param stalls when the clients' processes stand still, in order
 */
record Foresight(List<Fate> fates, List<Long> heardNanos, List<ProcessTime.Stall> stalls) {
    /** Plays the faults of a scenario without any calls. */
    static Foresight of(Scenario scenario) {
        World world = World.withoutCallers(scenario);
        world.play();
        // A source of the user's in between may know servers that discovery does not list yet.
        boolean plain = scenario.balancing().around() == null;
        List<Long> heard = world.servers().stream()
                .map(server -> plain ? world.discovery().heardNanos(server.index()) : 0)
                .toList();
        return new Foresight(
                world.servers().stream().map(Server::fate).toList(),
                heard,
                world.clientTime().past());
    }

    /** Returns when a client does what falls due at a moment. */
    long clientActsNanos(long nanos) {
        for (ProcessTime.Stall stall : stalls) {
            if (nanos > stall.startNanos() && nanos < stall.endNanos()) {
                return stall.endNanos();
            }
        }
        return nanos;
    }
}
