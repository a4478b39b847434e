package dev.evenkeel.lb;

import dev.evenkeel.lb.observe.Event;
import java.util.Set;

/** Says when endpoints that are out begin to be used for want of others, level by level, and when that is over. */
final class PanicNews {
    private PanicNews() {}

    /** Tells how the candidates differ from those before; called under the cluster's lock. */
    static void tell(Cluster cluster, Set<String> before, Candidates now) {
        now.panics().stream()
                .filter(level -> !before.contains(level))
                .forEach(level -> announce(cluster, Event.Type.PANIC_ENTERED, level, now));
        before.stream()
                .filter(level -> !now.panics().contains(level))
                .forEach(level -> announce(cluster, Event.Type.PANIC_LEFT, level, now));
    }

    private static void announce(Cluster cluster, Event.Type type, String level, Candidates now) {
        cluster.announce(
                type,
                null,
                (level.isEmpty() ? "" : level + ": ") + now.available() + " of " + now.counted()
                        + " endpoints are available, using " + now.nodes().size());
    }
}
