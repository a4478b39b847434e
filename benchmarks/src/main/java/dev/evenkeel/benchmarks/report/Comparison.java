package dev.evenkeel.benchmarks.report;

import dev.evenkeel.lb.sim.Result;
import java.util.List;
import java.util.stream.Stream;

/**
 * What policies made of a scenario, on the same calls.
 *
 * @param scores ours, and then those of our peers in their order
 */
record Comparison(Scenario scenario, long seed, List<Score> scores) {
    /** Runs it with ours alone. */
    static Comparison alone(Scenario scenario, long seed) {
        Result result = scenario.run(Contender.EVENKEEL, seed);
        return new Comparison(
                scenario, seed, List.of(new Score(Contender.EVENKEEL.name(), result, result.oracle(), scenario)));
    }

    /** Runs it with peers too; they have no part in what the oracle does. */
    Comparison beside(List<Contender> peers) {
        Stream<Score> theirs =
                peers.stream().map(peer -> new Score(peer.name(), scenario.run(peer, seed), ours().best(), scenario));
        return new Comparison(
                scenario, seed, Stream.concat(Stream.of(ours()), theirs).toList());
    }

    Score ours() {
        return scores.get(0);
    }

    /** Returns what no load balancer can beat. */
    Score oracle() {
        Result best = ours().best();
        return new Score("oracle", best, best, scenario);
    }
}
