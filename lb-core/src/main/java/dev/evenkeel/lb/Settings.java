package dev.evenkeel.lb;

import dev.evenkeel.lb.health.ConnectBackoff;
import dev.evenkeel.lb.health.ConsecutiveFailures;
import dev.evenkeel.lb.health.FailurePercentage;
import dev.evenkeel.lb.health.LatencyOutlier;
import dev.evenkeel.lb.health.OutlierDetection;
import dev.evenkeel.lb.health.SlowStart;
import dev.evenkeel.lb.health.SuccessRate;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.retry.RetryBudget;
import dev.evenkeel.lb.retry.RetryPolicy;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The settings of one load balancer, checked. What each means is said at the builder's methods. */
record Settings(
        LoadBalancingPolicy policy,
        RetryPolicy retry,
        RetryBudget.Settings retryBudget,
        HedgeSettings hedges,
        ConnectBackoff connectBackoff,
        OutlierDetection outliers,
        SlowStart slowStart,
        ActiveChecks checks,
        Limits limits,
        Places places,
        double panicThreshold,
        Duration listHold,
        Duration firstListTimeout,
        Duration memory,
        @Nullable StickySessions sessions) {
    /** More remembered endpoints than this push out the oldest. */
    static final int REMEMBERED = 10_000;

    private static final Duration LONGEST_FIRST_LIST_TIMEOUT = Duration.ofSeconds(60);

    Settings {
        if (!(panicThreshold >= 0 && panicThreshold <= 1)) {
            throw new IllegalArgumentException("panicThreshold is " + panicThreshold + ", must be 0 to 1");
        }
        if (retry.maxAttempts() == 1 && !retryBudget.equals(RetryBudget.Settings.DEFAULT)) {
            throw new IllegalArgumentException("retryBudget is " + retryBudget
                    + ", which has no effect while retry.maxAttempts is 1: set one of them");
        }
        hedges.check(retry, retryBudget);
        places.check(policy);
        if (listHold.isNegative()) {
            throw new IllegalArgumentException("listHold is " + listHold + ", must not be negative");
        }
        if (firstListTimeout.isNegative() || firstListTimeout.compareTo(LONGEST_FIRST_LIST_TIMEOUT) > 0) {
            throw new IllegalArgumentException("firstListTimeout is " + firstListTimeout + ", must be 0 to 60 s");
        }
        if (memory.isNegative()) {
            throw new IllegalArgumentException("memory is " + memory + ", must not be negative");
        }
    }

    Candidates.Rules candidateRules() {
        return new Candidates.Rules(panicThreshold, places.overprovisioning(), places.zones());
    }

    /** Returns every setting by its name, in words. */
    Map<String, String> describe() {
        Map<String, String> all = new LinkedHashMap<>();
        all.put("policy", policy.toString());
        all.put("retry.maxAttempts", String.valueOf(retry.maxAttempts()));
        all.put("retry.backoff.base", text(retry.backoff().base()));
        all.put("retry.backoff.max", text(retry.backoff().max()));
        all.put("retryBudget.ratio", String.valueOf(retryBudget.ratio()));
        all.put("retryBudget.minPerSecond", String.valueOf(retryBudget.minPerSecond()));
        all.put("retryBudget.window", text(retryBudget.window()));
        hedges.describe(all);
        all.put("connectBackoff.initial", text(connectBackoff.initial()));
        all.put("connectBackoff.max", text(connectBackoff.max()));
        describeOutliers(all);
        all.put("slowStart.window", text(slowStart.window()));
        all.put("slowStart.floor", String.valueOf(slowStart.floor()));
        all.put("slowStart.aggression", String.valueOf(slowStart.aggression()));
        all.put("slowStart.requests", String.valueOf(slowStart.requests()));
        checks.describe(all);
        limits.describe(all);
        places.describe(all, policy);
        all.put("panicThreshold", String.valueOf(panicThreshold));
        all.put("listHold", text(listHold));
        all.put("firstListTimeout", text(firstListTimeout));
        all.put("memory", text(memory));
        all.put("memory.endpoints", String.valueOf(REMEMBERED));
        StickySessions.describe(sessions, all);
        return all;
    }

    static String text(Duration duration) {
        return duration.toMillis() % 1000 == 0 ? duration.toSeconds() + " s" : duration.toMillis() + " ms";
    }

    private void describeOutliers(Map<String, String> all) {
        ConsecutiveFailures inARow = outliers.consecutiveFailures();
        all.put("consecutiveFailures.failures", String.valueOf(inARow.failures()));
        all.put("consecutiveFailures.mode", String.valueOf(inARow.mode()));
        FailurePercentage percentage = outliers.failurePercentage();
        all.put("failurePercentage.share", String.valueOf(percentage.share()));
        all.put("failurePercentage.minVolume", String.valueOf(percentage.minVolume()));
        all.put("failurePercentage.mode", String.valueOf(percentage.mode()));
        SuccessRate rate = outliers.successRate();
        all.put("successRate.deviations", String.valueOf(rate.deviations()));
        all.put("successRate.minEndpoints", String.valueOf(rate.minEndpoints()));
        all.put("successRate.minVolume", String.valueOf(rate.minVolume()));
        all.put("successRate.mode", String.valueOf(rate.mode()));
        LatencyOutlier latency = outliers.latencyOutlier();
        all.put("latencyOutlier.factor", String.valueOf(latency.factor()));
        all.put("latencyOutlier.floor", text(latency.floor()));
        all.put("latencyOutlier.minVolume", String.valueOf(latency.minVolume()));
        all.put("latencyOutlier.sentence", String.valueOf(latency.sentence()));
        all.put("latencyOutlier.mode", String.valueOf(latency.mode()));
        all.put("ejection.base", text(outliers.ejection().base()));
        all.put("ejection.max", text(outliers.ejection().max()));
        all.put("ejection.jitter", text(outliers.ejection().jitter()));
        all.put("ejection.maxShare", String.valueOf(outliers.ejection().maxShare()));
    }
}
