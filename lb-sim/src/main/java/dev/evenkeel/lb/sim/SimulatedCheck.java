package dev.evenkeel.lb.sim;

import dev.evenkeel.lb.health.CheckResult;
import dev.evenkeel.lb.health.CheckTarget;
import dev.evenkeel.lb.health.HealthCheck;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Asks a simulated server whether it is well: a message there, one back, and no work. */
record SimulatedCheck(World world, ProcessTime caller) implements HealthCheck {
    @Override
    public CompletableFuture<CheckResult> check(CheckTarget target) {
        Server server = world.servers().get(Discovery.indexOf(target.endpoint()));
        CompletableFuture<CheckResult> answer = new CompletableFuture<>();
        world.later(world.networkDelayNanos(), () -> answer(server.check(), answer));
        return answer;
    }

    private void answer(@Nullable CheckResult result, CompletableFuture<CheckResult> answer) {
        if (result != null) {
            caller.schedule(world.networkDelayNanos(), () -> answer.complete(result));
        }
    }

    @Override
    public String toString() {
        return "simulated check";
    }
}
