package dev.evenkeel.lb.health;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * Which share of attempts fails at the peers of an endpoint, worked out once for all endpoints of a service. What fails elsewhere, too, is held
 * against no endpoint.
 *
 * <p>There are two measures, and the higher one counts: the share of all attempts at peers; and, if more than half of them fail a tenth or more, the share at
 * the worse half. The second is for an overload that does not fall on all alike: while some servers ask for a pause the others get what these
 * would have had. In it only those peers count that give good answers as well: one that gives none is ill itself, and excuses nobody. Immutable.
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

    /** From this share on the service is in trouble. Guessed. */
    private static final double MANY = 0.1;

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
        int peers = own.good > 0 ? answering.size() - 1 : answering.size();
        int half = peers / 2;
        if (half == 0) {
            return 0;
        }
        boolean isInIt = own.good > 0 && order.compare(own, answering.get(half - 1)) <= 0;
        boolean isBeforeMiddle = own.good > 0 && order.compare(own, answering.get(half)) <= 0;
        if (answering.get(isBeforeMiddle ? half + 1 : half).share(credit) < MANY) {
            return 0;
        }
        return isInIt
                ? share(badUpTo[half + 1] - own.bad, goodUpTo[half + 1] - own.good - credit)
                : share(badUpTo[half], goodUpTo[half]);
    }

    private static double share(long bad, long good) {
        return bad <= 0 ? 0 : (double) bad / (double) (bad + Math.max(0, good));
    }
}
