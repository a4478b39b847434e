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
 * @param whileSlow also while the service as a whole is slow
 */
record HedgeSettings(@Nullable Hedging hedging, @Nullable Duration attemptTimeout, boolean whileSlow) {
    static final HedgeSettings NONE = new HedgeSettings(null, null, false);

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

    HedgeSettings withHedging(Hedging newHedging) {
        return new HedgeSettings(newHedging, attemptTimeout, whileSlow);
    }

    HedgeSettings withAttemptTimeout(Duration newAttemptTimeout) {
        return new HedgeSettings(hedging, newAttemptTimeout, whileSlow);
    }

    HedgeSettings withWhileSlow(boolean newWhileSlow) {
        return new HedgeSettings(hedging, attemptTimeout, newWhileSlow);
    }

    /** Refuses what could never have an effect. */
    void check(RetryPolicy retry, RetryBudget.Settings budget) {
        if (whileSlow && !isOn()) {
            throw new IllegalArgumentException(
                    "hedgeWhileSlow is true, which has no effect without hedging or attemptTimeout: set one of them");
        }
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
        all.put("hedgeWhileSlow", String.valueOf(whileSlow));
    }
}
