package dev.evenkeel.lb;

import dev.evenkeel.lb.endpoint.Locality;
import dev.evenkeel.lb.locality.MetadataSubsets;
import dev.evenkeel.lb.locality.RegionOrder;
import dev.evenkeel.lb.locality.Split;
import dev.evenkeel.lb.locality.Subsetting;
import dev.evenkeel.lb.locality.ZoneAffinity;
import dev.evenkeel.lb.policy.KeyedPolicy;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The settings of where traffic may go, as they were given.
 *
 * @param own where this client runs
 * @param zones how much traffic stays in its zone
 * @param regions in which order regions are used
 * @param overprovisioning how much more than its share an endpoint can take when others of its priority are out
 * @param subsetting how many of many endpoints are used; null where nothing was said
 * @param clientId what this client's choice of them follows from; null for another one each time
 * @param subsets which subsets requests may ask for
 * @param split how those that ask for none are divided, at first
 */
record Places(
        Locality own,
        ZoneAffinity zones,
        RegionOrder regions,
        double overprovisioning,
        @Nullable Subsetting subsetting,
        @Nullable String clientId,
        MetadataSubsets subsets,
        Split split) {
    static final Places DEFAULT = new Places(
            Locality.UNKNOWN,
            ZoneAffinity.DEFAULT,
            RegionOrder.NONE,
            1.4,
            null,
            null,
            MetadataSubsets.NONE,
            Split.NONE);

    Places in(Locality newOwn) {
        return new Places(newOwn, zones, regions, overprovisioning, subsetting, clientId, subsets, split);
    }

    Places with(ZoneAffinity newZones) {
        return new Places(own, newZones, regions, overprovisioning, subsetting, clientId, subsets, split);
    }

    Places with(RegionOrder newRegions) {
        return new Places(own, zones, newRegions, overprovisioning, subsetting, clientId, subsets, split);
    }

    Places overprovisioned(double newOverprovisioning) {
        return new Places(own, zones, regions, newOverprovisioning, subsetting, clientId, subsets, split);
    }

    Places with(Subsetting newSubsetting) {
        return new Places(own, zones, regions, overprovisioning, newSubsetting, clientId, subsets, split);
    }

    Places client(String newClientId) {
        return new Places(own, zones, regions, overprovisioning, subsetting, newClientId, subsets, split);
    }

    Places with(MetadataSubsets newSubsets) {
        return new Places(own, zones, regions, overprovisioning, subsetting, clientId, newSubsets, split);
    }

    Places with(Split newSplit) {
        return new Places(own, zones, regions, overprovisioning, subsetting, clientId, subsets, newSplit);
    }

    /** Checks that the settings fit together. */
    void check(LoadBalancingPolicy policy) {
        if (own.zone().isEmpty() && !zones.equals(ZoneAffinity.DEFAULT) && !zones.equals(ZoneAffinity.OFF)) {
            throw new IllegalArgumentException(
                    "zoneAffinity is " + zones + ", which has no effect without a zone: set locality");
        }
        if (!(overprovisioning >= 1 && overprovisioning <= 100)) {
            throw new IllegalArgumentException("overprovisioning is " + overprovisioning + ", must be 1 to 100");
        }
        if (policy instanceof KeyedPolicy && subsetting != null && !subsetting.equals(Subsetting.OFF)) {
            throw new IllegalArgumentException("subsetting is " + subsetting + ", but with the policy " + policy
                    + " it must be off: clients with different subsets would send a key to different endpoints");
        }
        if (clientId != null && clientId.isEmpty()) {
            throw new IllegalArgumentException("clientId is empty, must tell this client from the others");
        }
        checkSplit(split);
    }

    /** Checks that requests may ask for what a split divides them between. */
    void checkSplit(Split newSplit) {
        newSplit.weights().keySet().forEach(subset -> {
            if (!subsets.allows(subset)) {
                throw new IllegalArgumentException(
                        "split has the subset " + subset + ", but the service has subsets " + subsets);
            }
        });
    }

    /** Returns how many endpoints are used, given the policy: a key must go the same way from every client. */
    Subsetting subsetting(LoadBalancingPolicy policy) {
        if (subsetting != null) {
            return subsetting;
        }
        return policy instanceof KeyedPolicy ? Subsetting.OFF : Subsetting.DEFAULT;
    }

    /** Adds these settings by name, in words. */
    void describe(Map<String, String> all, LoadBalancingPolicy policy) {
        all.put("locality", own.equals(Locality.UNKNOWN) ? "unknown" : own.region() + "/" + own.zone());
        boolean zonesOff = zones.equals(ZoneAffinity.OFF);
        all.put("zoneAffinity.minEndpoints", zonesOff ? "OFF" : String.valueOf(zones.minEndpoints()));
        all.put("zoneAffinity.maxLoad", String.valueOf(zones.maxLoad()));
        all.put("zoneAffinity.clientShare", String.valueOf(zones.clientShare()));
        all.put("regionOrder", regions.toString());
        all.put("overprovisioning", String.valueOf(overprovisioning));
        Subsetting effective = subsetting(policy);
        boolean off = effective.equals(Subsetting.OFF);
        all.put("subsetting.size", off ? "OFF" : String.valueOf(effective.size()));
        all.put("subsetting.above", off ? "OFF" : String.valueOf(effective.above()));
        all.put("clientId", clientId == null ? "random" : clientId);
        all.put("subsets", subsets.toString());
        all.put("split", split.toString());
    }
}
