package dev.evenkeel.lb.health;

import java.util.List;

/**
 * An endpoint at which a large part of a fair number of attempts fails is broken, even if some succeed in between.
 *
 * <p>Source: Armeria's circuit breaker, 50 %. The number is absolute, so that at low traffic chance alone ejects nobody.
 *
 * @param share the share of failures from which on it is ejected, more than 0, at most 1
 * @param minVolume attempts in the window below which nothing is judged, at least 2
 */
public record FailurePercentage(double share, int minVolume, DetectorMode mode) implements OutlierDetector {
    /** Half of at least ten. */
    public static final FailurePercentage DEFAULT = new FailurePercentage(0.5, 10, DetectorMode.ENFORCE);

    public FailurePercentage {
        if (!(share > 0 && share <= 1)) {
            throw new IllegalArgumentException(
                    "failurePercentage.share is " + share + ", must be more than 0 and at most 1");
        }
        if (minVolume < 2) {
            throw new IllegalArgumentException("failurePercentage.minVolume is " + minVolume + ", must be at least 2");
        }
    }

    @Override
    public List<Verdict> detect(List<EndpointStats> all) {
        FailuresElsewhere elsewhere = FailuresElsewhere.among(all);
        return all.stream()
                .filter(stats -> isAtLeast(share, stats) && isTooMany(stats, elsewhere.share(stats), all.size()))
                .map(stats -> new Verdict(
                        stats.endpoint(),
                        Verdict.Sentence.EJECT,
                        stats.failures() + " of " + stats.volume() + " attempts failed"))
                .toList();
    }

    private boolean isAtLeast(double least, EndpointStats stats) {
        return stats.volume() >= minVolume && stats.failures() >= least * stats.volume();
    }

    /** Where attempts fail at others, too, it is measured by what is left of good answers there: half of that is too few. */
    private boolean isTooMany(EndpointStats stats, double elsewhere, int endpoints) {
        return isAtLeast(1 - (1 - share) * (1 - elsewhere), stats)
                && !Chance.explainsCount(stats.failures(), stats.volume(), elsewhere, endpoints);
    }
}
