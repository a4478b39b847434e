package dev.evenkeel.lb;

import dev.evenkeel.lb.health.CheckResult;
import dev.evenkeel.lb.health.CheckTarget;
import dev.evenkeel.lb.health.HealthCheck;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** A check that does what it is told, and notes what it was asked and when. */
final class ScriptedCheck implements HealthCheck {
    static final CheckResult HTTP_500 = CheckResult.failed("GET /health: HTTP 500");

    private final Map<String, Supplier<CompletableFuture<CheckResult>>> script = new HashMap<>();
    final List<Asked> asked = new ArrayList<>();
    private Supplier<Duration> clock = () -> Duration.ZERO;

    record Asked(String id, Duration at) {}

    void clock(Supplier<Duration> newClock) {
        clock = newClock;
    }

    /** From now on the endpoint answers so, at once. */
    void answer(String id, CheckResult result) {
        script.put(id, () -> CompletableFuture.completedFuture(result));
    }

    /** From now on checks of the endpoint do so. */
    void behave(String id, Supplier<CompletableFuture<CheckResult>> behaviour) {
        script.put(id, behaviour);
    }

    /** Returns a future for the endpoint's next checks, to be completed by the test. */
    CompletableFuture<CheckResult> hold(String id) {
        CompletableFuture<CheckResult> answer = new CompletableFuture<>();
        script.put(id, () -> answer);
        return answer;
    }

    @Override
    public CompletableFuture<CheckResult> check(CheckTarget target) {
        String id = target.endpoint().id();
        asked.add(new Asked(id, clock.get()));
        return script.getOrDefault(id, () -> CompletableFuture.completedFuture(CheckResult.PASSED))
                .get();
    }

    long timesAsked(String id) {
        return asked.stream().filter(asked -> asked.id().equals(id)).count();
    }

    @Override
    public String toString() {
        return "scripted check";
    }
}
