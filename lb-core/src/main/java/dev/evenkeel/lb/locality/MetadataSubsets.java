package dev.evenkeel.lb.locality;

import dev.evenkeel.lb.call.Subset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Which subsets requests may ask for: by which metadata, and what happens where nobody has them.
 *
 * <p>There is a subset for each combination of values that endpoints have, made ready beforehand; at most {@code most}. Source: Envoy,
 * "Load balancer subsets".
 *
 * @param selectors the sets of metadata keys by which requests may ask; unmodifiable
 * @param fallback where a request goes whose subset has no endpoint that could be picked, or has as many attempts in flight as its
 *     endpoints may have
 * @param fallbackSubset the subset of {@link Fallback#SUBSET}; null with the others
 * @param most how many subsets are made ready, 1 to 10,000; what is beyond counts as empty
 */
public record MetadataSubsets(
        List<Set<String>> selectors,
        Fallback fallback,
        @Nullable Subset fallbackSubset,
        int most) {
    /** No request may ask for a subset. */
    public static final MetadataSubsets NONE = new MetadataSubsets(List.of(), Fallback.NONE, null, 1_000);

    private static final int MOST = 10_000;

    /** Where a request goes whose subset is empty. */
    public enum Fallback {
        /** Nowhere: it fails, with a message that names the subset. */
        NONE,
        /** To any endpoint. */
        ANY,
        /** To another subset, and nowhere if that is empty, too. */
        SUBSET
    }

    public MetadataSubsets {
        selectors = selectors.stream().map(Set::copyOf).distinct().toList();
        Objects.requireNonNull(fallback, "fallback");
        if (selectors.stream().anyMatch(Set::isEmpty)) {
            throw new IllegalArgumentException("subsets.selectors has an empty one, must name metadata keys");
        }
        if (most < 1 || most > MOST) {
            throw new IllegalArgumentException("subsets.most is " + most + ", must be 1 to " + MOST);
        }
        if (fallbackSubset != null
                && !selectors.contains(fallbackSubset.metadata().keySet())) {
            throw new IllegalArgumentException("subsets.fallback is " + fallbackSubset
                    + ", which is no subset here: must be by " + describe(selectors));
        }
    }

    /**
     * Lets requests ask for endpoints by the values of these metadata keys, all of them together.
     *
     * @throws IllegalArgumentException if there are no keys
     */
    public static MetadataSubsets by(String... keys) {
        return NONE.andBy(keys);
    }

    /** Returns these with another set of keys to ask by. */
    public MetadataSubsets andBy(String... keys) {
        List<Set<String>> more = new ArrayList<>(selectors);
        more.add(Set.of(keys));
        return new MetadataSubsets(more, fallback, fallbackSubset, most);
    }

    /** Returns these, sending a request whose subset is empty to any endpoint. */
    public MetadataSubsets fallingBackToAny() {
        return new MetadataSubsets(selectors, Fallback.ANY, null, most);
    }

    /** Returns these, sending a request whose subset is empty to another subset. */
    public MetadataSubsets fallingBackTo(Subset other) {
        return new MetadataSubsets(selectors, Fallback.SUBSET, Objects.requireNonNull(other, "fallback"), most);
    }

    /** Returns these with another bound on how many subsets are made ready. */
    public MetadataSubsets most(int newMost) {
        return new MetadataSubsets(selectors, fallback, fallbackSubset, newMost);
    }

    /** Returns whether requests may ask for this subset, whether or not an endpoint is in it. */
    public boolean allows(Subset subset) {
        return selectors.contains(subset.metadata().keySet());
    }

    /** Returns whether a request that asks for this subset may ever be sent anywhere. */
    public boolean mayServe(Subset subset) {
        return allows(subset) || fallback != Fallback.NONE;
    }

    /** Returns the subsets that an endpoint with these metadata is in. */
    public List<Subset> of(Map<String, String> metadata) {
        List<Subset> in = new ArrayList<>(selectors.size());
        for (Set<String> keys : selectors) {
            if (metadata.keySet().containsAll(keys)) {
                Map<String, String> values = new HashMap<>();
                keys.forEach(key -> values.put(key, metadata.get(key)));
                in.add(new Subset(values));
            }
        }
        return in;
    }

    /** Returns the keys that requests may ask by, in words. */
    @Override
    public String toString() {
        return selectors.isEmpty()
                ? "none"
                : "by " + describe(selectors)
                        + switch (fallback) {
                            case NONE -> "";
                            case ANY -> ", else any";
                            case SUBSET -> ", else " + fallbackSubset;
                        };
    }

    private static String describe(List<Set<String>> selectors) {
        List<String> texts = selectors.stream()
                .map(keys -> String.join("+", new TreeSet<>(keys)))
                .toList();
        return texts.isEmpty() ? "nothing" : String.join(", ", texts);
    }
}
