package dev.evenkeel.lb.sim;

import dev.evenkeel.lb.LoadBalancerBuilder;
import dev.evenkeel.lb.health.DetectorMode;
import dev.evenkeel.lb.health.OutlierDetection;
import dev.evenkeel.lb.health.SlowStart;
import java.time.Duration;

/** Fleets that several tests use. */
final class Fleets {
    /** What one server of {@link Servers#workers} with four workers can do: the mean service time is 28.3 ms. */
    static final double CAPACITY_OF_FOUR_WORKERS = 4 / (0.025 * Math.exp(0.125));

    private Fleets() {}

    /** Ten servers with four workers each, at 60 % load from four clients. */
    static Simulation tenServers() {
        return Simulation.of(42)
                .servers(10, Servers.workers(4))
                .clients(4, Clients.ratePerSecond(0.6 * 10 * CAPACITY_OF_FOUR_WORKERS / 4));
    }

    /** Takes away what judges endpoints and what spares newcomers, where a test is about what else happens. */
    static LoadBalancerBuilder bare(LoadBalancerBuilder builder) {
        return builder.outliers(OutlierDetection.DEFAULT.withMode(DetectorMode.OFF))
                .slowStart(SlowStart.OFF);
    }

    static Duration seconds(double seconds) {
        return Duration.ofNanos(Math.round(seconds * 1e9));
    }

    static Duration millis(long millis) {
        return Duration.ofMillis(millis);
    }
}
