package dev.evenkeel.lb.endpoint;

import dev.evenkeel.lb.text.OneLine;
import java.util.Objects;

/**
 * Where an endpoint runs. Both names are free text that only has to be spelt the same everywhere; empty means unknown.
 *
 * @param region the larger unit, such as {@code eu-west-1}
 * @param zone a unit that fails on its own within the region, such as {@code eu-west-1a}
 */
public record Locality(String region, String zone) {
    /** Nothing is known of where the endpoint runs. */
    public static final Locality UNKNOWN = new Locality("", "");

    public Locality {
        Objects.requireNonNull(region, "region");
        Objects.requireNonNull(zone, "zone");
        Limits.checkLength("region", region);
        Limits.checkLength("zone", zone);
    }

    /** Returns both, on one line and safe to log. */
    @Override
    public String toString() {
        return OneLine.of("Locality[region=" + region + ", zone=" + zone + "]");
    }
}
