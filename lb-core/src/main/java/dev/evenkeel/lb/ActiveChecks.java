package dev.evenkeel.lb;

import dev.evenkeel.lb.health.CheckSchedule;
import dev.evenkeel.lb.health.HealthCheck;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Whether and how endpoints are checked.
 *
 * @param check the check; null for none
 * @param schedule when; has no effect without a check
 */
record ActiveChecks(@Nullable HealthCheck check, CheckSchedule schedule) {
    static final ActiveChecks OFF = new ActiveChecks(null, CheckSchedule.DEFAULT);

    /** Adds these settings by name, in words. */
    void describe(Map<String, String> all) {
        all.put("healthCheck", check == null ? "none" : check.toString());
        all.put("healthCheck.interval", Settings.text(schedule.interval()));
        all.put("healthCheck.timeout", Settings.text(schedule.timeout()));
        all.put("healthCheck.fall", String.valueOf(schedule.fall()));
        all.put("healthCheck.rise", String.valueOf(schedule.rise()));
        all.put("healthCheck.maxInFlight", String.valueOf(schedule.maxInFlight()));
    }
}
