package dev.evenkeel.lb.health;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * Which share of attempts fails at the peers of an endpoint, worked out once for all endpoints of a service. What fails elsewhere, too, is held
 * against no endpoint.
 *
 * <p>There are two measures, and the higher one counts: the share of all attempts, and the share at the worse half of those peers that give good
 * answers as well. The second is for an overload that does not fall on all alike: while some servers ask for a pause the others get what these
 * would have had. A peer that gives no good answer at all is ill itself, so it does not excuse others that way. Immutable.
 */
public final class FailuresElsewhere {
    /**
     * What happened at one endpoint.
     *
     * @param good attempts that were no failure
     * @param bad attempts that failed or were turned away
     */
    public record Tally(long good, long bad) {
        private double share(long credit) {
            return (double) bad / (double) (good + bad + credit);
        }
    }

    private final long credit;
    private final int endpoints;
    private final long bad;
    private final long good;
    private final Comparator<Tally> order;
    private final List<Tally> answering; // those with good answers, the worst first
    private final long[] badUpTo; // so many at the first, the first two …
    private final long[] goodUpTo;

    /** Works it out from what is known of all endpoints. */
    public static FailuresElsewhere among(Collection<EndpointStats> all) {
        return new FailuresElsewhere(all.stream().map(FailuresElsewhere::tally).toList(), 0);
    }

    private static Tally tally(EndpointStats stats) {
        return new Tally(stats.successes(), stats.failures() + stats.pushbacks());
    }

    /**
     * Works it out from tallies of all endpoints.
     *
     * @param credit with so many more good attempts each endpoint is credited, or the first failure anywhere would excuse the next one
     */
    public FailuresElsewhere(List<Tally> all, long credit) {
        this.credit = credit;
        endpoints = all.size();
        bad = all.stream().mapToLong(Tally::bad).sum();
        good = all.stream().mapToLong(Tally::good).sum();
        order = Comparator.comparingDouble((Tally tally) -> -tally.share(credit))
                .thenComparingLong(tally -> tally.good + tally.bad);
        answering = all.stream().filter(tally -> tally.good > 0).sorted(order).toList();
        int n = answering.size();
        badUpTo = new long[n + 1];
        goodUpTo = new long[n + 1];
        for (int i = 0; i < n; i++) {
            Tally tally = answering.get(i);
            badUpTo[i + 1] = badUpTo[i] + tally.bad;
            goodUpTo[i + 1] = goodUpTo[i] + tally.good + credit;
        }
    }

    /** Returns the share of failures at the peers of an endpoint that is one of all, 0 to 1; 0 where it has no peers. */
    public double share(EndpointStats own) {
        return share(tally(own));
    }

    /** Returns the share of failures at the peers of an endpoint whose tally is one of all, 0 to 1; 0 where it has no peers. */
    public double share(Tally own) {
        long othersBad = bad - own.bad;
        return Math.max(share(othersBad, good - own.good + credit * (endpoints - 1)), shareOfWorseHalf(own));
    }

    private double shareOfWorseHalf(Tally own) {
        int half = (own.good > 0 ? answering.size() - 1 : answering.size()) / 2;
        boolean isOneOfThem = own.good > 0 && half > 0 && order.compare(own, answering.get(half - 1)) <= 0;
        if (!isOneOfThem) {
            return share(badUpTo[half], goodUpTo[half]);
        }
        return share(badUpTo[half + 1] - own.bad, goodUpTo[half + 1] - own.good - credit);
    }

    private static double share(long bad, long good) {
        return bad <= 0 ? 0 : (double) bad / (double) (bad + Math.max(0, good));
    }
}
