package dev.evenkeel.lb;

import dev.evenkeel.lb.text.OneLine;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The load balancers of a process by service name: what clients are given. Immutable and safe for use by many threads. */
public final class LoadBalancers implements AutoCloseable {
    private final Map<String, LoadBalancer> byService;

    private LoadBalancers(Collection<LoadBalancer> all) {
        Map<String, LoadBalancer> map = new HashMap<>();
        for (LoadBalancer loadBalancer : all) {
            if (map.put(loadBalancer.service(), loadBalancer) != null) {
                throw new IllegalArgumentException("service " + loadBalancer.service() + " is given twice");
            }
        }
        this.byService = Map.copyOf(map);
    }

    /**
     * Collects load balancers.
     *
     * @throws IllegalArgumentException if two are for the same service
     */
    public static LoadBalancers of(LoadBalancer... all) {
        return of(Arrays.asList(all));
    }

    /**
     * Collects load balancers.
     *
     * @throws IllegalArgumentException if two are for the same service
     */
    public static LoadBalancers of(Collection<LoadBalancer> all) {
        return new LoadBalancers(all);
    }

    /** Returns the load balancer of a service, or null if there is none; the name is looked up in lower case. */
    public @Nullable LoadBalancer find(String service) {
        LoadBalancer found = byService.get(service); // hosts in URLs are in lower case already
        return found == null ? byService.get(service.toLowerCase(Locale.ROOT)) : found;
    }

    /**
     * Returns the load balancer of a service.
     *
     * @throws IllegalArgumentException if there is none, naming those that there are
     */
    public LoadBalancer get(String service) {
        LoadBalancer found = find(service);
        if (found == null) {
            throw new IllegalArgumentException(
                    "no load balancer for service " + OneLine.quote(service) + ", there are: "
                            + Text.some(byService.keySet().stream().sorted().toList()));
        }
        return found;
    }

    /** Returns all load balancers. */
    public Collection<LoadBalancer> all() {
        return byService.values();
    }

    /** Closes all load balancers. What one throws is thrown when all are closed, with what others throw as suppressed. */
    @Override
    public void close() {
        Throwable first = null;
        for (LoadBalancer loadBalancer : byService.values()) {
            try {
                loadBalancer.close();
            } catch (RuntimeException | Error e) {
                if (first == null) {
                    first = e;
                } else {
                    first.addSuppressed(e);
                }
            }
        }
        if (first instanceof Error error) {
            throw error;
        }
        if (first instanceof RuntimeException exception) {
            throw exception;
        }
    }
}
