package dev.evenkeel.lb.locality;

import dev.evenkeel.lb.call.Subset;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * How requests that ask for no subset are divided between subsets: a canary. Shares follow the weights. A request that finds its subset
 * without an endpoint, or with as many attempts in flight as its endpoints may have, goes to one of the others; where nobody is in any of
 * them, to any endpoint.
 *
 * @param weights the subsets with their weights, each 0 or more and together more than 0; in the given order, unmodifiable
 */
public record Split(Map<Subset, Double> weights) {
    /** No split: requests go to all endpoints alike. */
    public static final Split NONE = new Split(Map.of());

    public Split {
        weights = Collections.unmodifiableMap(new LinkedHashMap<>(weights));
        double total = 0;
        for (Map.Entry<Subset, Double> entry : weights.entrySet()) {
            double weight = entry.getValue();
            if (!(weight >= 0 && weight < Double.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException(
                        "split of " + entry.getKey() + " is " + weight + ", must be 0 or more");
            }
            total += weight;
        }
        if (!weights.isEmpty() && !(total > 0 && total < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("split is " + weights + ", must have weights of more than 0 in all");
        }
    }

    /** Begins a split with a subset and its weight. */
    public static Split of(Subset subset, double weight) {
        return new Split(Map.of(subset, weight));
    }

    /** Returns this split with one subset more, or with another weight for it. */
    public Split and(Subset subset, double weight) {
        Map<Subset, Double> more = new LinkedHashMap<>(weights);
        more.put(subset, weight);
        return new Split(more);
    }

    @Override
    public String toString() {
        return weights.isEmpty()
                ? "none"
                : weights.entrySet().stream()
                        .map(entry -> entry.getKey() + ": " + entry.getValue())
                        .collect(Collectors.joining(", "));
    }
}
