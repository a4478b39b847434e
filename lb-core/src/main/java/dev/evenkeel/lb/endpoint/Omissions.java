package dev.evenkeel.lb.endpoint;

import dev.evenkeel.lb.text.OneLine;
import java.util.ArrayList;
import java.util.List;

/**
 * What a source left out of a list because it cannot be used, so that one bad entry does not cost the others. Immutable.
 *
 * @param count how many endpoints, and how many keys or metadata entries of endpoints that were kept
 * @param reasons where each stands and what is wrong with it, on one line; of the first five only
 */
public record Omissions(int count, List<String> reasons) {
    /** Nothing was left out. */
    public static final Omissions NONE = new Omissions(0, List.of());

    private static final int MOST_REASONS = 5;

    public Omissions {
        reasons = reasons.stream().map(OneLine::of).toList();
        if (count < reasons.size()) {
            throw new IllegalArgumentException(
                    "count is " + count + ", must be at least the number of reasons, " + reasons.size());
        }
        if (reasons.size() > MOST_REASONS) {
            reasons = reasons.subList(0, MOST_REASONS);
        }
    }

    /** Returns these and one more. */
    public Omissions and(String reason) {
        if (reasons.size() == MOST_REASONS) {
            return new Omissions(count + 1, reasons);
        }
        List<String> more = new ArrayList<>(reasons);
        more.add(reason);
        return new Omissions(count + 1, more);
    }

    /** Returns these and others. */
    public Omissions and(Omissions others) {
        List<String> all = new ArrayList<>(reasons);
        all.addAll(others.reasons);
        return new Omissions(count + others.count, all);
    }

    /** Returns whether nothing was left out. */
    public boolean isEmpty() {
        return count == 0;
    }

    /** Returns the reasons that are kept, and how many there are besides. */
    @Override
    public String toString() {
        String said = String.join("; ", reasons);
        int others = count - reasons.size();
        return others == 0 ? said : said + (said.isEmpty() ? "" : "; and ") + others + " more";
    }
}
