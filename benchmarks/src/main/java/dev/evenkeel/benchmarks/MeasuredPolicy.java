package dev.evenkeel.benchmarks;

import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.policy.LoadMetric;
import java.util.List;

/** Every policy, with the list that shows what it costs. */
public enum MeasuredPolicy {
    PEAK_EWMA,
    PEAK_EWMA_DRAWS_3,
    PEAK_EWMA_ALL,
    PEAK_EWMA_WEIGHTED,
    IN_FLIGHT,
    IN_FLIGHT_DRAWS_3,
    IN_FLIGHT_ALL,
    ROUND_ROBIN,
    WEIGHTED_ROUND_ROBIN,
    RANDOM,
    WEIGHTED_RANDOM;

    LoadBalancingPolicy policy() {
        return switch (this) {
            case PEAK_EWMA, PEAK_EWMA_WEIGHTED -> LoadBalancingPolicy.leastLoaded(LoadMetric.PEAK_EWMA);
            case PEAK_EWMA_DRAWS_3 ->
                LoadBalancingPolicy.leastLoaded(LoadMetric.PEAK_EWMA).draws(3);
            case PEAK_EWMA_ALL ->
                LoadBalancingPolicy.leastLoaded(LoadMetric.PEAK_EWMA).all();
            case IN_FLIGHT -> LoadBalancingPolicy.leastLoaded(LoadMetric.IN_FLIGHT);
            case IN_FLIGHT_DRAWS_3 ->
                LoadBalancingPolicy.leastLoaded(LoadMetric.IN_FLIGHT).draws(3);
            case IN_FLIGHT_ALL ->
                LoadBalancingPolicy.leastLoaded(LoadMetric.IN_FLIGHT).all();
            case ROUND_ROBIN -> LoadBalancingPolicy.roundRobin();
            case WEIGHTED_ROUND_ROBIN -> LoadBalancingPolicy.weightedRoundRobin();
            case RANDOM -> LoadBalancingPolicy.random();
            case WEIGHTED_RANDOM -> LoadBalancingPolicy.weightedRandom();
        };
    }

    List<Endpoint> fleet(int size) {
        return switch (this) {
            case PEAK_EWMA_WEIGHTED, WEIGHTED_ROUND_ROBIN, WEIGHTED_RANDOM -> Fleet.weighted(size);
            case PEAK_EWMA,
                    PEAK_EWMA_DRAWS_3,
                    PEAK_EWMA_ALL,
                    IN_FLIGHT,
                    IN_FLIGHT_DRAWS_3,
                    IN_FLIGHT_ALL,
                    ROUND_ROBIN,
                    RANDOM -> Fleet.equal(size);
        };
    }
}
