package dev.evenkeel.lb.health;

import java.util.List;

/**
 * An endpoint that succeeds clearly less often than its peers is broken in a way that they are not.
 *
 * <p>Only endpoints with enough attempts are compared and counted: one without traffic has no rate, neither a good one nor a bad one.
 * Source: Envoy's success rate detector.
 *
 * @param deviations how many standard deviations below the mean is too low, more than 0
 * @param minEndpoints endpoints with enough attempts below which nothing is judged, at least 3
 * @param minVolume attempts in the window that are enough, at least 2
 */
public record SuccessRate(double deviations, int minEndpoints, int minVolume, DetectorMode mode)
        implements OutlierDetector {
    /** 1.9 standard deviations, among 5 endpoints with 100 attempts each. */
    public static final SuccessRate DEFAULT = new SuccessRate(1.9, 5, 100, DetectorMode.ENFORCE);

    /** A queue that is full turns away many at once, which is no rate; so seconds count, too. Tried in the simulator. */
    private static final int LASTING = 3;

    public SuccessRate {
        if (!(deviations > 0 && deviations < 100)) {
            throw new IllegalArgumentException(
                    "successRate.deviations is " + deviations + ", must be more than 0 and less than 100");
        }
        if (minEndpoints < 3) {
            throw new IllegalArgumentException("successRate.minEndpoints is " + minEndpoints + ", must be at least 3");
        }
        if (minVolume < 2) {
            throw new IllegalArgumentException("successRate.minVolume is " + minVolume + ", must be at least 2");
        }
    }

    @Override
    public List<Verdict> detect(List<EndpointStats> all) {
        List<EndpointStats> judged =
                all.stream().filter(stats -> stats.volume() >= minVolume).toList();
        if (judged.size() < minEndpoints) {
            return List.of();
        }
        double mean = judged.stream()
                .mapToDouble(EndpointStats::successRate)
                .average()
                .orElseThrow();
        double variance = judged.stream()
                .mapToDouble(stats -> (stats.successRate() - mean) * (stats.successRate() - mean))
                .average()
                .orElseThrow();
        FailuresElsewhere elsewhere = FailuresElsewhere.among(all);
        double threshold = mean - deviations * Math.sqrt(variance);
        return judged.stream()
                .filter(stats -> stats.failingSeconds() >= LASTING
                        && stats.successRate() < threshold
                        && isMoreThanChance(stats, mean, elsewhere.share(stats)))
                .map(stats -> new Verdict(
                        stats.endpoint(),
                        Verdict.Sentence.EJECT,
                        percent(stats.successRate()) + " successes, while the mean of " + judged.size()
                                + " endpoints is " + percent(mean)))
                .toList();
    }

    /**
     * Among many healthy endpoints somebody is always the worst, and with few failures all over a single one more is many deviations.
     * So the failures must also exceed by five deviations what an endpoint with the mean rate would have by chance, and by two:
     * that happens to a healthy endpoint in about one of 100,000 windows (binomial, 0.1 % to 20 % errors, 100 to 1000 attempts).
     */
    private static boolean isMoreThanChance(EndpointStats stats, double mean, double elsewhere) {
        double expected = (1 - mean) * stats.volume();
        double deviation = Math.sqrt(expected * mean);
        return stats.failures() > expected + 5 * deviation + 2 && stats.failures() > 2 * elsewhere * stats.volume();
    }

    private static String percent(double share) {
        return Math.round(share * 1000) / 10.0 + " %";
    }
}
