package dev.evenkeel.lb;

import dev.evenkeel.lb.call.Subset;
import dev.evenkeel.lb.locality.Split;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Everything that picks may go to, by where it is and by metadata.
 *
 * @param all for requests that ask for no subset
 * @param subsets for those that do; empty where none may
 * @param split how requests that ask for none are divided between subsets
 * @param usesOthers whether this client uses other endpoints of a long list than before
 */
record Arrangement(Layout all, Map<Subset, Layout> subsets, Split split, boolean usesOthers) {
    static final Arrangement EMPTY = new Arrangement(Layout.EMPTY, Map.of(), Split.NONE, false);

    /** Returns all parts among which a policy may have to choose, now or when endpoints go out. */
    Stream<Layout.Part> parts() {
        return Stream.concat(Stream.of(all), subsets.values().stream()).flatMap(Layout::parts);
    }
}
