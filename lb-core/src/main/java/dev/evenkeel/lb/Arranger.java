package dev.evenkeel.lb;

import dev.evenkeel.lb.call.Subset;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.Locality;
import dev.evenkeel.lb.locality.MetadataSubsets;
import dev.evenkeel.lb.locality.RegionOrder;
import dev.evenkeel.lb.locality.Split;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/**
 * Arranges endpoints by where they are: which of them this client uses at all, by priority and region, by zone, by metadata. Used under the
 * cluster's lock.
 */
final class Arranger {
    private final Locality own;
    private final boolean zonesMatter;
    private final int minEndpoints; // with fewer, zones do not matter in a level
    private final RegionOrder regions;
    private final MetadataSubsets subsets;
    private final FairChoice choice;
    private Split split;
    private long seen = -1; // the version of the list that this is about:
    private boolean alike; // whether all are of one level, which takes a look at each

    private Arranger(Places places, FairChoice choice) {
        this.own = places.own();
        this.zonesMatter = !own.zone().isEmpty() && places.zones().ownShare(1, 0) > 0;
        this.minEndpoints = places.zones().minEndpoints();
        this.regions = places.regions().from(own.region());
        this.subsets = places.subsets();
        this.choice = choice;
        this.split = places.split();
    }

    /** Returns the arranger of a service. */
    static Arranger of(Settings settings, RandomGenerator random) {
        Places places = settings.places();
        return new Arranger(places, new FairChoice(places.subsetting(settings.policy()), places.clientId(), random));
    }

    /** Returns how many endpoints are used, in words. */
    static String describe(Members members) {
        return "uses " + members.used() + " of " + members.size() + " endpoints";
    }

    void setSplit(Split newSplit) {
        split = newSplit;
    }

    Split split() {
        return split;
    }

    /** Arranges all endpoints of the service, and notes at each whether it is used. */
    Arrangement arrange(Members members) {
        List<TrackedNode> nodes = List.copyOf(members.nodes());
        choice.begin(members);
        if (seen != members.version()) {
            seen = members.version();
            alike = areAlike(nodes);
        }
        Layout all = alike ? oneLevel(nodes, "") : layout(nodes, "");
        Map<Subset, Layout> bySubset = subsets.selectors().isEmpty() ? Map.of() : bySubset(nodes);
        boolean usesOthers = choice.end(members);
        return new Arrangement(all, bySubset, split, usesOthers);
    }

    private Map<Subset, Layout> bySubset(List<TrackedNode> nodes) {
        Map<Subset, List<TrackedNode>> found = new LinkedHashMap<>();
        for (TrackedNode node : nodes) {
            for (Subset subset : subsets.of(node.endpoint().metadata())) {
                List<TrackedNode> in = found.get(subset);
                if (in == null && found.size() < subsets.most()) {
                    in = new ArrayList<>();
                    found.put(subset, in);
                }
                if (in != null) {
                    in.add(node);
                }
            }
        }
        Map<Subset, Layout> layouts = new LinkedHashMap<>();
        found.forEach((subset, in) -> layouts.put(subset, layout(in, subset.toString())));
        return layouts;
    }

    private Layout layout(List<TrackedNode> nodes, String prefix) {
        if (areAlike(nodes)) {
            return oneLevel(nodes, prefix);
        }
        SortedMap<Rank, List<TrackedNode>> byRank = new TreeMap<>();
        nodes.forEach(node ->
                byRank.computeIfAbsent(rank(node), rank -> new ArrayList<>()).add(node));
        List<Layout.Level> levels = new ArrayList<>();
        byRank.forEach((rank, in) ->
                levels.add(level(both(prefix, rank.name(regions, byRank.size())), in, nodes.size())));
        return new Layout(List.copyOf(levels));
    }

    private Layout oneLevel(List<TrackedNode> nodes, String subset) {
        return Layout.of(subset, choice.of(nodes, nodes.size()));
    }

    /** Returns whether it makes no difference where they are. */
    private boolean areAlike(List<TrackedNode> nodes) {
        if (zonesMatter || nodes.isEmpty()) {
            return !zonesMatter;
        }
        Rank first = rank(nodes.get(0));
        for (TrackedNode node : nodes) {
            Endpoint endpoint = node.endpoint();
            if (endpoint.priority() != first.priority || rankOfRegion(endpoint) != first.region) {
                return false;
            }
        }
        return true;
    }

    private Layout.Level level(String name, List<TrackedNode> nodes, int all) {
        if (!zonesMatter) {
            return new Layout.Level(name, new Layout.Part(name, choice.of(nodes, all)), null, null);
        }
        List<TrackedNode> inOwnZone = nodes.stream().filter(this::isInOwnZone).toList();
        List<TrackedNode> elsewhere =
                nodes.stream().filter(node -> !isInOwnZone(node)).toList();
        List<TrackedNode> near = choice.of(inOwnZone, all);
        List<TrackedNode> far = choice.of(elsewhere, all);
        List<TrackedNode> whole = near.size() + far.size() == nodes.size()
                ? nodes
                : Stream.concat(near.stream(), far.stream()).toList();
        if (near.isEmpty() || far.isEmpty() || whole.size() < minEndpoints) {
            return new Layout.Level(name, new Layout.Part(name, whole), null, null);
        }
        return new Layout.Level(
                name,
                new Layout.Part(name, whole),
                new Layout.Part(both(name, "zone " + own.zone()), near),
                new Layout.Part(both(name, "other zones"), far));
    }

    private static String both(String name, String within) {
        return name + (name.isEmpty() || within.isEmpty() ? "" : ", ") + within;
    }

    private boolean isInOwnZone(TrackedNode node) {
        return node.endpoint().locality().equals(own);
    }

    private Rank rank(TrackedNode node) {
        Endpoint endpoint = node.endpoint();
        return new Rank(endpoint.priority(), rankOfRegion(endpoint));
    }

    private int rankOfRegion(Endpoint endpoint) {
        return regions.regions().isEmpty()
                ? 0
                : regions.rank(endpoint.locality().region());
    }

    /** A level's place: priorities first, regions within them. */
    private record Rank(int priority, int region) implements Comparable<Rank> {
        @Override
        public int compareTo(Rank other) {
            return priority == other.priority
                    ? Integer.compare(region, other.region)
                    : Integer.compare(priority, other.priority);
        }

        String name(RegionOrder order, int levels) {
            if (levels == 1) {
                return "";
            }
            List<String> names = order.regions();
            String where =
                    names.isEmpty() ? "" : " in " + (region < names.size() ? names.get(region) : "other regions");
            return "priority " + priority + where;
        }
    }
}
