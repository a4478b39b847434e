package dev.evenkeel.lb;

import dev.evenkeel.lb.health.ConnectBackoff;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.retry.RetryBudget;
import dev.evenkeel.lb.retry.RetryPolicy;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/** The settings of one load balancer, checked. What each means is said at the builder's methods. */
record Settings(
        LoadBalancingPolicy policy,
        RetryPolicy retry,
        RetryBudget.Settings retryBudget,
        ConnectBackoff connectBackoff,
        double panicThreshold,
        Duration listHold,
        Duration memory) {
    /** More remembered endpoints than this push out the oldest. */
    static final int REMEMBERED = 10_000;

    Settings {
        if (!(panicThreshold >= 0 && panicThreshold <= 1)) {
            throw new IllegalArgumentException("panicThreshold is " + panicThreshold + ", must be 0 to 1");
        }
        if (retry.maxAttempts() == 1 && !retryBudget.equals(RetryBudget.Settings.DEFAULT)) {
            throw new IllegalArgumentException("retryBudget is " + retryBudget
                    + ", which has no effect while retry.maxAttempts is 1: set one of them");
        }
        if (listHold.isNegative()) {
            throw new IllegalArgumentException("listHold is " + listHold + ", must not be negative");
        }
        if (memory.isNegative()) {
            throw new IllegalArgumentException("memory is " + memory + ", must not be negative");
        }
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
        all.put("connectBackoff.initial", text(connectBackoff.initial()));
        all.put("connectBackoff.max", text(connectBackoff.max()));
        all.put("panicThreshold", String.valueOf(panicThreshold));
        all.put("listHold", text(listHold));
        all.put("memory", text(memory));
        all.put("memory.endpoints", String.valueOf(REMEMBERED));
        return all;
    }

    private static String text(Duration duration) {
        return duration.toMillis() % 1000 == 0 ? duration.toSeconds() + " s" : duration.toMillis() + " ms";
    }
}
