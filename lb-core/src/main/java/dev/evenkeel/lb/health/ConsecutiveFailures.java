package dev.evenkeel.lb.health;

import java.util.List;

/**
 * An endpoint that fails several times in a row is broken.
 *
 * <p>Source: Envoy's {@code consecutive_5xx}, ServiceTalk, Finagle; 5 in all of them.
 *
 * @param failures how many, 2 to 1000
 */
public record ConsecutiveFailures(int failures, DetectorMode mode) implements OutlierDetector {
    /** Five in a row. */
    public static final ConsecutiveFailures DEFAULT = new ConsecutiveFailures(5, DetectorMode.ENFORCE);

    public ConsecutiveFailures {
        if (failures < 2 || failures > 1000) {
            throw new IllegalArgumentException("consecutiveFailures.failures is " + failures + ", must be 2 to 1000");
        }
    }

    @Override
    public List<Verdict> detect(List<EndpointStats> all) {
        return all.stream()
                .filter(stats -> stats.failuresInARow() >= failures)
                .map(stats -> new Verdict(
                        stats.endpoint(), Verdict.Sentence.EJECT, stats.failuresInARow() + " failures in a row"))
                .toList();
    }
}
