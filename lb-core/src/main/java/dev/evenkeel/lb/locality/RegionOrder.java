package dev.evenkeel.lb.locality;

import java.util.HashSet;
import java.util.List;
import java.util.stream.Stream;

/**
 * In which order regions are used: the endpoints of the next only as far as those of the ones before it cannot take the traffic. Regions
 * that it does not name come last, all alike.
 *
 * @param regions from the first to the last, each once; unmodifiable
 */
public record RegionOrder(List<String> regions) {
    /** All regions alike. */
    public static final RegionOrder NONE = new RegionOrder(List.of());

    public RegionOrder {
        regions = List.copyOf(regions);
        if (regions.stream().anyMatch(String::isEmpty)) {
            throw new IllegalArgumentException("regionOrder is " + regions + ", must not have an empty name");
        }
        if (new HashSet<>(regions).size() < regions.size()) {
            throw new IllegalArgumentException("regionOrder is " + regions + ", must name each region once");
        }
    }

    /** Returns this order for a client in a region, which comes first. */
    public RegionOrder from(String own) {
        return own.isEmpty()
                ? this
                : new RegionOrder(Stream.concat(Stream.of(own), regions.stream().filter(region -> !region.equals(own)))
                        .toList());
    }

    /** Returns a region's place, from 0 on; lower is used first. */
    public int rank(String region) {
        int place = regions.indexOf(region);
        return place < 0 ? regions.size() : place;
    }

    @Override
    public String toString() {
        return regions.isEmpty() ? "none" : String.join(", ", regions);
    }
}
