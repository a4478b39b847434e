package dev.evenkeel.lb;

import dev.evenkeel.lb.retry.Hedging;
import dev.evenkeel.lb.retry.RetryBudget;
import dev.evenkeel.lb.retry.RetryPolicy;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The settings of attempts that are made while another is still waited for, checked; null is off.
 *
 * @param hedging after the observed percentile
 * @param attemptTimeout after a fixed time
 */
record HedgeSettings(@Nullable Hedging hedging, @Nullable Duration attemptTimeout) {
    static final HedgeSettings NONE = new HedgeSettings(null, null);

    HedgeSettings {
        if (attemptTimeout != null
                && (attemptTimeout.compareTo(Duration.ofMillis(1)) < 0
                        || attemptTimeout.compareTo(Duration.ofDays(1)) > 0)) {
            throw new IllegalArgumentException("attemptTimeout is " + attemptTimeout + ", must be 1 ms to 1 day");
        }
    }

    boolean isOn() {
        return hedging != null || attemptTimeout != null;
    }

    /** Refuses what could never have an effect. */
    void check(RetryPolicy retry, RetryBudget.Settings budget) {
        if (isOn() && retry.maxAttempts() == 1) {
            throw new IllegalArgumentException((hedging == null ? "attemptTimeout is " + attemptTimeout : hedging)
                    + ", which has no effect while retry.maxAttempts is 1: set one of them");
        }
        if (hedging != null && budget.ratio() == 0) {
            throw new IllegalArgumentException(
                    hedging + " has no effect while retryBudget.ratio is 0, as successes must pay for hedges");
        }
    }

    void describe(Map<String, String> all) {
        all.put(
                "hedging",
                hedging == null
                        ? "OFF"
                        : "after p" + Text.number(100 * hedging.percentile()) + " and at least "
                                + Settings.text(hedging.minDelay()) + ", at most " + hedging.maxShare()
                                + " per success");
        all.put("attemptTimeout", attemptTimeout == null ? "OFF" : Settings.text(attemptTimeout));
    }
}
