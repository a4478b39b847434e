package dev.evenkeel.lb.sim;

import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Which servers a fault befalls. Servers are numbered from 0, in the order in which their groups were added. */
public final class Target {
    private final String name;
    private final Selection selection;

    private Target(String name, Selection selection) {
        this.name = name;
        this.selection = selection;
    }

    /** Finds the indices among all servers. */
    @FunctionalInterface
    private interface Selection {
        IntStream select(Scenario.Fleet fleet);
    }

    /** One server. */
    public static Target server(int index) {
        return servers(index);
    }

    /** Some servers. */
    public static Target servers(int... indices) {
        if (indices.length == 0) {
            throw new IllegalArgumentException("no server is given, must be at least one");
        }
        int[] copy = indices.clone();
        return new Target(
                "server " + Arrays.stream(copy).mapToObj(String::valueOf).collect(Collectors.joining(", ")), fleet -> {
                    for (int index : copy) {
                        Check.range("server", index, 0, fleet.servers().size() - 1);
                    }
                    return Arrays.stream(copy).distinct();
                });
    }

    /** Every server in a zone. */
    public static Target zone(String zone) {
        return in("zone", zone, server -> server.locality().zone());
    }

    /** Every server in a region. */
    public static Target region(String region) {
        return in("region", region, server -> server.locality().region());
    }

    private static Target in(String what, String name, Function<Servers, String> place) {
        return new Target(what + " " + name, fleet -> {
            List<String> all = fleet.servers().stream().map(place).toList();
            if (!all.contains(name)) {
                throw new IllegalArgumentException(what + " is '" + name + "', must be one of "
                        + all.stream().distinct().toList());
            }
            return IntStream.range(0, all.size()).filter(i -> all.get(i).equals(name));
        });
    }

    /** Every server of a tier; those that clients call are tier 0, see {@link Simulation#nextTier}. */
    public static Target tier(int tier) {
        return new Target("tier " + tier, fleet -> {
            Check.range("tier", tier, 0, fleet.tiers() - 1);
            return IntStream.range(fleet.firstServer(tier), fleet.firstServer(tier + 1));
        });
    }

    /** All of them, in every tier. */
    public static Target everyServer() {
        return new Target(
                "every server", fleet -> IntStream.range(0, fleet.servers().size()));
    }

    /** Returns the indices that are meant, or refuses if there is no such server. */
    int[] resolve(Scenario.Fleet fleet) {
        return selection.select(fleet).toArray();
    }

    @Override
    public String toString() {
        return name;
    }
}
