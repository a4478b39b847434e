package dev.evenkeel.benchmarks.report;

import dev.evenkeel.lb.sim.Period;
import dev.evenkeel.lb.sim.Result;
import java.time.Duration;
import java.util.stream.IntStream;

/**
 * What a policy made of a scenario.
 *
 * @param best what the oracle made of it
 */
record Score(String name, Result result, Result best, Scenario scenario) {
    double success() {
        return result.successRate();
    }

    Duration percentile(double percent) {
        return result.latency().percentile(percent);
    }

    /** Returns how many times the oracle's 99th percentile this one is. */
    double ratio() {
        return (double) percentile(99).toNanos() / best.latency().percentile(99).toNanos();
    }

    /** Returns how many attempts reached servers for each call. */
    double attemptsPerCall() {
        return result.whole().attemptsPerCall(scenario.attemptsAtTier());
    }

    /** Returns the share of the server that got most. */
    double busiestShare() {
        Period period = scenario.sharesOver().of(result);
        return IntStream.range(0, result.servers().size())
                .mapToDouble(period::share)
                .max()
                .orElseThrow();
    }

    /** Returns the mean share of the servers that the story is about. */
    double watchedShare() {
        Period period = scenario.sharesOver().of(result);
        return scenario.watched().stream().mapToDouble(period::share).average().orElseThrow();
    }

    /** Returns the share of attempts that went elsewhere than the one before with the same key, over the whole run. */
    double movedShare() {
        return result.whole().movedShare();
    }

    /** Returns how long callers felt something after a moment, in words. */
    String feltAfter(Duration moment) {
        return result.timeToRecover(moment)
                .map(duration -> Numbers.seconds(duration) + " s")
                .orElse("the rest");
    }
}
