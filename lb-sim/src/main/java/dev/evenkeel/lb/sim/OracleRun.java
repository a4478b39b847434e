package dev.evenkeel.lb.sim;

import dev.evenkeel.lb.call.Outcome;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A run in which each call is answered as fast as any load balancer could have it answered, and so many are answered as there is work done.
 * What befalls the servers is known beforehand; what is random about an attempt is taken to go well; and no call waits for another.
 */
final class OracleRun implements Client.Calls {
    private static final String TOO_SLOW = "no server can answer in time";
    private static final String TOO_MANY = "there are too few workers";

    private final World world;
    private final Foresight foresight;
    private final Shortcut.Finder finder;
    private final Capacity capacity;
    private final Capacity.@Nullable Admission admission; // null where it is still to be found out
    private final long leastDeadlineNanos;

    private OracleRun(
            Scenario scenario, Foresight foresight, Capacity capacity, Capacity.@Nullable Admission admission) {
        this.world = World.withoutCallers(scenario);
        this.foresight = foresight;
        this.finder = new Shortcut.Finder(scenario, foresight);
        this.capacity = capacity;
        this.admission = admission;
        this.leastDeadlineNanos = scenario.fleet().clients().stream()
                .map(Clients::deadline)
                .min(Duration::compareTo)
                .orElseThrow()
                .toNanos();
    }

    /** Runs a scenario twice: to see how many calls there are and how long they take, and to choose among them. */
    static Recorder run(Scenario scenario) {
        Foresight foresight = Foresight.of(scenario);
        Capacity capacity = new Capacity(scenario, foresight);
        new OracleRun(scenario, foresight, capacity, null).play(scenario);
        return new OracleRun(scenario, foresight, capacity, capacity.admission()).play(scenario);
    }

    private Recorder play(Scenario scenario) {
        for (Clients model : scenario.fleet().clients()) {
            world.add(model, this);
        }
        world.play();
        world.recorder().finish(0, world.servers());
        return world.recorder();
    }

    @Override
    public void call(int client, Clients model, Request request) {
        long meant = world.nowNanos();
        long begun = foresight.clientActsNanos(meant);
        long deadline = model.deadline().toNanos();
        Shortcut best = finder.find(0, request.work(), begun);
        if (best == null || best.seenNanos() - begun > deadline) {
            end(client, deadline, TOO_SLOW);
            return;
        }
        // Failing counts with the deadline, so that a success that is seen later must not be worse.
        long latency = Math.min(foresight.clientActsNanos(best.seenNanos()) - meant, Math.max(deadline, begun - meant));
        if (admission == null) {
            capacity.add(meant, request, latency);
        } else if (admission.admits(meant, latency)) {
            for (Shortcut step = best; step != null; step = step.behind()) {
                count(client, step, request);
            }
            end(client, latency, null);
        } else { // nothing says which of them fail: with several deadlines it is those with the shortest
            end(client, leastDeadlineNanos, TOO_MANY);
        }
    }

    private void count(int client, Shortcut step, Request request) {
        Recorder recorder = world.recorder();
        recorder.picked(client, step.server(), request.destination().key());
        recorder.received(step.server());
        recorder.attemptEnded(client, step.server(), Outcome.SUCCESS);
        world.servers().get(step.server()).countAnswered();
    }

    private void end(int client, long latencyNanos, @Nullable String failure) {
        world.recorder().callWillEnd(client, latencyNanos, failure);
    }
}
