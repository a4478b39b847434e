package dev.evenkeel.benchmarks.report;

import dev.evenkeel.lb.sim.Result;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What policies made of a scenario, on the same calls.
 *
 * @param scores in the order of the policies, of which the first is ours; at least two
 */
record Comparison(Scenario scenario, List<Score> scores) {
    static Comparison run(Scenario scenario, List<Contender> contenders, long seed) {
        List<Score> scores = new ArrayList<>();
        Result best = null;
        for (Contender contender : contenders) {
            Result result = scenario.run(contender, seed);
            best = best == null ? result.oracle() : best; // policies have no part in it, so one is enough
            scores.add(new Score(contender.name(), result, best, scenario));
        }
        return new Comparison(scenario, scores);
    }

    Score ours() {
        return scores.get(0);
    }

    /** Returns what the best possible load balancer made of it; empty where that is no measure. */
    Optional<Score> oracle() {
        Result best = ours().best();
        return ours().ratio().isEmpty() ? Optional.empty() : Optional.of(new Score("oracle", best, best, scenario));
    }
}
