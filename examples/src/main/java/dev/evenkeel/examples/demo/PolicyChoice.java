package dev.evenkeel.examples.demo;

import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.policy.LoadMetric;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The policies that can be asked for by name. */
enum PolicyChoice {
    LEAST_LOADED,
    IN_FLIGHT,
    ROUND_ROBIN,
    WEIGHTED_ROUND_ROBIN,
    RANDOM,
    WEIGHTED_RANDOM;

    LoadBalancingPolicy policy() {
        return switch (this) {
            case LEAST_LOADED -> LoadBalancingPolicy.leastLoaded(LoadMetric.PEAK_EWMA);
            case IN_FLIGHT -> LoadBalancingPolicy.leastLoaded(LoadMetric.IN_FLIGHT);
            case ROUND_ROBIN -> LoadBalancingPolicy.roundRobin();
            case WEIGHTED_ROUND_ROBIN -> LoadBalancingPolicy.weightedRoundRobin();
            case RANDOM -> LoadBalancingPolicy.random();
            case WEIGHTED_RANDOM -> LoadBalancingPolicy.weightedRandom();
        };
    }

    /** Returns the name on the command line. */
    String option() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static List<String> options() {
        return Arrays.stream(values()).map(PolicyChoice::option).toList();
    }

    /**
     * Returns the policy of that name.
     *
     * @throws BadArgument if there is none, naming those that there are
     */
    static PolicyChoice named(String option) {
        for (PolicyChoice choice : values()) {
            if (choice.option().equals(option)) {
                return choice;
            }
        }
        throw new BadArgument("unknown policy '" + option + "'" + Nearest.hint(option, options()) + "; there are "
                + String.join(", ", options()));
    }
}
