package dev.evenkeel.lb.health;

import java.util.List;
import java.util.stream.Stream;

/**
 * How endpoints that stand out are found, and what is done about them. All detectors share one window of 10 s, which is read and never
 * reset by them, and one cap on how many endpoints are out on suspicion.
 *
 * @param consecutiveFailures judged with each failure
 * @param failurePercentage judged every second, like those that follow
 * @param successRate compares with peers
 * @param latencyOutlier compares with peers
 * @param ejection how long, and how many at a time
 */
public record OutlierDetection(
        ConsecutiveFailures consecutiveFailures,
        FailurePercentage failurePercentage,
        SuccessRate successRate,
        LatencyOutlier latencyOutlier,
        EjectionTime ejection) {
    /** All detectors with their defaults. */
    public static final OutlierDetection DEFAULT = new OutlierDetection(
            ConsecutiveFailures.DEFAULT,
            FailurePercentage.DEFAULT,
            SuccessRate.DEFAULT,
            LatencyOutlier.DEFAULT,
            EjectionTime.DEFAULT);

    /** Returns these detectors, all in one mode: {@link DetectorMode#OBSERVE} for a dry run. */
    public OutlierDetection withMode(DetectorMode mode) {
        return new OutlierDetection(
                new ConsecutiveFailures(consecutiveFailures.failures(), mode),
                new FailurePercentage(failurePercentage.share(), failurePercentage.minVolume(), mode),
                new SuccessRate(successRate.deviations(), successRate.minEndpoints(), successRate.minVolume(), mode),
                new LatencyOutlier(
                        latencyOutlier.factor(),
                        latencyOutlier.floor(),
                        latencyOutlier.minVolume(),
                        latencyOutlier.sentence(),
                        mode),
                ejection);
    }

    /** Returns this with another detector of consecutive failures. */
    public OutlierDetection with(ConsecutiveFailures detector) {
        return new OutlierDetection(detector, failurePercentage, successRate, latencyOutlier, ejection);
    }

    /** Returns this with another detector of the share of failures. */
    public OutlierDetection with(FailurePercentage detector) {
        return new OutlierDetection(consecutiveFailures, detector, successRate, latencyOutlier, ejection);
    }

    /** Returns this with another detector of success rates. */
    public OutlierDetection with(SuccessRate detector) {
        return new OutlierDetection(consecutiveFailures, failurePercentage, detector, latencyOutlier, ejection);
    }

    /** Returns this with another detector of latencies. */
    public OutlierDetection with(LatencyOutlier detector) {
        return new OutlierDetection(consecutiveFailures, failurePercentage, successRate, detector, ejection);
    }

    /** Returns this with other times, or another cap. */
    public OutlierDetection with(EjectionTime newEjection) {
        return new OutlierDetection(consecutiveFailures, failurePercentage, successRate, latencyOutlier, newEjection);
    }

    /** Returns the detectors that judge at all. */
    public List<OutlierDetector> detectors() {
        return Stream.<OutlierDetector>of(consecutiveFailures, failurePercentage, successRate, latencyOutlier)
                .filter(detector -> detector.mode() != DetectorMode.OFF)
                .toList();
    }
}
