package dev.evenkeel.lb.call;

import java.util.HashMap;
import java.util.Map;

/**
 * The endpoints of a service that have these metadata, such as {@code version=v2}. Which kinds of subsets there are is said when the
 * load balancer is built.
 *
 * @param metadata what an endpoint must have, at least one entry; unmodifiable
 */
public record Subset(Map<String, String> metadata) {
    public Subset {
        metadata = Map.copyOf(metadata);
        if (metadata.isEmpty()) {
            throw new IllegalArgumentException("subset is empty, must name at least one metadata entry");
        }
    }

    /** Returns the endpoints with this one entry. */
    public static Subset of(String key, String value) {
        return new Subset(Map.of(key, value));
    }

    /** Returns those of them that have this entry as well. */
    public Subset and(String key, String value) {
        Map<String, String> more = new HashMap<>(metadata);
        more.put(key, value);
        return new Subset(more);
    }

    /** Returns whether an endpoint with these metadata belongs to it. */
    public boolean contains(Map<String, String> ofEndpoint) {
        return ofEndpoint.entrySet().containsAll(metadata.entrySet());
    }

    @Override
    public String toString() {
        return metadata.toString();
    }
}
