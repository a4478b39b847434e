package dev.evenkeel.lb;

import dev.evenkeel.lb.endpoint.OutReason;
import dev.evenkeel.lb.locality.Spill;
import dev.evenkeel.lb.locality.ZoneAffinity;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Which nodes a picker may return: the available ones, or in panic everyone who could work. They are in groups, each with its share of the
 * traffic.
 *
 * @param groups the groups, those to try first in front; those with a share of 0 are for calls that have tried all others
 * @param nodes what to pick from, group after group; empty when nobody can be picked
 * @param available how many nodes have no reason to be out
 * @param counted how many nodes were counted: those that are connected and do not drain
 * @param panics the levels of which fewer than the threshold are available, while all together cannot take the traffic
 */
record Candidates(List<Group> groups, List<TrackedNode> nodes, int available, int counted, Set<String> panics) {
    /** How the candidates of a level are found, and how traffic is divided between groups. */
    record Rules(double panicThreshold, double overprovisioning, ZoneAffinity zones) {}

    /**
     * Nodes among which the policy chooses.
     *
     * @param part the part that it was made of
     * @param nodes those of the part that may be picked, in the same order; at least one
     * @param share its share of the traffic, 0 to 1
     * @param zone which of its level it is
     */
    record Group(Layout.Part part, List<TrackedNode> nodes, double share, Zone zone) {
        /** Returns whether it is the client's own zone, and the next group is the rest of its level. */
        boolean isNear() {
            return zone == Zone.OWN;
        }

        /** Returns whether it is what the group before is compared with. */
        boolean isFar() {
            return zone == Zone.OTHERS;
        }
    }

    /** Which nodes of a level a group has. */
    enum Zone {
        /** All. */
        ANY,
        /** Those in the client's zone, where there are others. */
        OWN,
        /** The others. */
        OTHERS
    }

    /**
     * Chooses. Nodes that drain or have no connection in this view are not counted and never chosen: the first was somebody's order, and
     * the second cannot work.
     *
     * @param ready which nodes this view's transport can reach
     */
    static Candidates of(Layout layout, Predicate<TrackedNode> ready, Rules rules) {
        List<Level> levels =
                layout.levels().stream().map(level -> Level.of(level, ready)).toList();
        double[] shares = shares(levels, rules.overprovisioning);
        boolean enough = levels.size() > 1 && capacity(levels, rules.overprovisioning) >= 1;
        List<Group> groups = new ArrayList<>();
        Set<String> panics = new LinkedHashSet<>();
        for (int i = 0; i < shares.length; i++) {
            Level level = levels.get(i);
            boolean panic = !enough && level.available.size() < rules.panicThreshold * level.usable.size();
            if (panic) {
                panics.add(level.of.name());
            }
            level.addGroups(groups, shares[i], panic, ready, rules.zones);
        }
        return new Candidates(
                List.copyOf(groups),
                groups.size() == 1
                        ? groups.get(0).nodes
                        : groups.stream().flatMap(group -> group.nodes.stream()).toList(),
                levels.stream().mapToInt(level -> level.available.size()).sum(),
                levels.stream().mapToInt(level -> level.usable.size()).sum(),
                panics);
    }

    boolean panic() {
        return !panics.isEmpty();
    }

    /**
     * Returns how a part of the traffic is divided between groups.
     *
     * @param name which part, in words; empty for all
     * @param of its share of the traffic
     */
    List<TrafficPart> traffic(String name, double of) {
        return groups.size() < 2
                ? List.of(TrafficPart.of(name, of, nodes))
                : groups.stream()
                        .map(group -> TrafficPart.of(group.part.name(), of * group.share, group.part.nodes()))
                        .toList();
    }

    private static double[] shares(List<Level> levels, double overprovisioning) {
        if (levels.size() == 1) {
            return new double[] {1};
        }
        double[] shares = Spill.shares(available(levels), total(levels), overprovisioning);
        int usable = levels.stream().mapToInt(level -> level.usable.size()).sum();
        boolean nobody = levels.stream().allMatch(level -> level.available.isEmpty());
        for (int i = 0; nobody && usable > 0 && i < shares.length; i++) {
            shares[i] = (double) levels.get(i).usable.size() / usable;
        }
        return shares;
    }

    private static double capacity(List<Level> levels, double overprovisioning) {
        return Spill.capacity(available(levels), total(levels), overprovisioning);
    }

    private static int[] available(List<Level> levels) {
        return levels.stream().mapToInt(level -> level.available.size()).toArray();
    }

    private static int[] total(List<Level> levels) {
        return levels.stream().mapToInt(level -> level.total).toArray();
    }

    /**
     * A level as one view sees it.
     *
     * @param total how many of its nodes do not drain, connected or not
     * @param usable those of them that are connected
     * @param available those of them that have no reason to be out
     */
    private record Level(Layout.Level of, int total, List<TrackedNode> usable, List<TrackedNode> available) {
        static Level of(Layout.Level level, Predicate<TrackedNode> ready) {
            List<TrackedNode> staying = level.whole().nodes().stream()
                    .filter(node -> !node.isOut(OutReason.DRAINING))
                    .toList();
            List<TrackedNode> usable = staying.stream().filter(ready).toList();
            return new Level(level, staying.size(), usable, available(level.whole(), ready));
        }

        private static List<TrackedNode> available(Layout.Part part, Predicate<TrackedNode> ready) {
            return part.nodes().stream()
                    .filter(node -> node.availability().isAvailable() && ready.test(node))
                    .toList();
        }

        void addGroups(
                List<Group> groups, double share, boolean panic, Predicate<TrackedNode> ready, ZoneAffinity zones) {
            Layout.Part own = of.own();
            Layout.Part others = of.others();
            // Nobody left is as bad as any panic, even where panic is turned off: trying a refused endpoint beats not
            // trying.
            if (panic || available.isEmpty()) {
                add(groups, of.whole(), share > 0 || panic ? connectable() : List.of(), share);
            } else if (own == null || others == null || total < zones.minEndpoints()) {
                add(groups, of.whole(), available, share);
            } else {
                List<TrackedNode> near = available(own, ready);
                List<TrackedNode> far = available(others, ready);
                if (near.isEmpty() || far.isEmpty()) {
                    add(groups, near.isEmpty() ? others : own, available, share);
                } else {
                    double ownShare = zones.ownShare(weight(near), weight(far));
                    groups.add(new Group(own, near, share * ownShare, Zone.OWN));
                    groups.add(new Group(others, far, share * (1 - ownShare), Zone.OTHERS));
                }
            }
        }

        private static void add(List<Group> groups, Layout.Part part, List<TrackedNode> nodes, double share) {
            if (!nodes.isEmpty()) {
                groups.add(new Group(part, nodes, share, Zone.ANY));
            }
        }

        private static double weight(List<TrackedNode> nodes) {
            return nodes.stream().mapToDouble(TrackedNode::weight).sum();
        }

        /** In panic, those that refused a connection just now come last: they are used only when there is nobody else. */
        private List<TrackedNode> connectable() {
            List<TrackedNode> others = usable.stream()
                    .filter(node -> !node.isOut(OutReason.CONNECT_FAILED))
                    .toList();
            return others.isEmpty() ? usable : others;
        }
    }
}
