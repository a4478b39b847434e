package dev.evenkeel.lb.health;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * An endpoint whose answers usually take much longer than its peers' is overloaded or ill; it gets half of its share.
 *
 * @param factor how many times the median of its peers is too long, more than 1
 * @param floor shorter answers are never too slow
 * @param minVolume attempts in the window below which nothing is judged, at least 2
 * @param sentence what is done about it; half of its share by default, as slow answers are still answers
 */
public record LatencyOutlier(double factor, Duration floor, int minVolume, Verdict.Sentence sentence, DetectorMode mode)
        implements OutlierDetector {
    /** Three times the median of peers, and more than 100 ms: half of its share. */
    public static final LatencyOutlier DEFAULT =
            new LatencyOutlier(3, Duration.ofMillis(100), 10, Verdict.Sentence.HALVE, DetectorMode.ENFORCE);

    /** With fewer, the median of peers is one endpoint's whim. */
    private static final int MIN_ENDPOINTS = 3;

    public LatencyOutlier {
        if (!(factor > 1 && factor < 1000)) {
            throw new IllegalArgumentException(
                    "latencyOutlier.factor is " + factor + ", must be more than 1 and less than 1000");
        }
        if (floor.isNegative()) {
            throw new IllegalArgumentException("latencyOutlier.floor is " + floor + ", must not be negative");
        }
        if (minVolume < 2) {
            throw new IllegalArgumentException("latencyOutlier.minVolume is " + minVolume + ", must be at least 2");
        }
    }

    @Override
    public List<Verdict> detect(List<EndpointStats> all) {
        List<EndpointStats> judged = all.stream()
                .filter(stats -> stats.volume() >= minVolume && stats.medianNanos() > 0)
                .toList();
        if (judged.size() < MIN_ENDPOINTS) {
            return List.of();
        }
        double[] sorted =
                judged.stream().mapToDouble(EndpointStats::medianNanos).sorted().toArray();
        double typical = sorted[(sorted.length - 1) / 2]; // the lower one: the slow half is not to set the standard
        double limit = Math.max(factor * typical, (double) TimeUnit.NANOSECONDS.convert(floor));
        return judged.stream()
                .filter(stats -> stats.medianNanos() > limit)
                .map(stats -> new Verdict(
                        stats.endpoint(),
                        sentence,
                        "answers take " + millis(stats.medianNanos()) + ", while " + millis(typical) + " is usual"))
                .toList();
    }

    private static String millis(double nanos) {
        return Math.round(nanos / 1e6) + " ms";
    }
}
