package dev.evenkeel.benchmarks.report;

import dev.evenkeel.lb.LoadBalancerBuilder;
import dev.evenkeel.lb.health.DetectorMode;
import dev.evenkeel.lb.health.OutlierDetection;
import dev.evenkeel.lb.health.SlowStart;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.policy.LoadMetric;
import dev.evenkeel.lb.retry.Hedging;
import dev.evenkeel.lb.retry.RetryBudget;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * A load balancer as it takes part.
 *
 * @param name as in the tables
 * @param settings applied to each client's builder
 */
record Contender(String name, UnaryOperator<LoadBalancerBuilder> settings) {
    /** The default configuration. */
    static final Contender EVENKEEL = new Contender("Evenkeel", builder -> builder);

    static final Contender ROUND_ROBIN = policy("round robin", LoadBalancingPolicy.roundRobin());
    static final Contender RANDOM = policy("random", LoadBalancingPolicy.random());
    static final Contender LEAST_IN_FLIGHT =
            policy("least in flight", LoadBalancingPolicy.leastLoaded(LoadMetric.IN_FLIGHT));
    static final Contender PLAIN_EWMA = new Contender("EWMA, failures unpriced", builder -> {
        PlainEwma ewma = new PlainEwma(); // one for each client, fed with what this client sees
        return builder.policy(ewma).listener(ewma);
    });

    /** Our peers with our protections. */
    static final List<Contender> GUARDED_PEERS = List.of(ROUND_ROBIN, RANDOM, LEAST_IN_FLIGHT, PLAIN_EWMA);

    /** Ours with what is off by default. */
    static final List<Contender> WITH_MORE = List.of(
            new Contender("with attempt timeout", builder -> builder.attemptTimeout(Duration.ofMillis(300))),
            new Contender("with hedging", builder -> builder.hedging(Hedging.DEFAULT)));

    /** Our peers as their names say. */
    static final List<Contender> PLAIN_PEERS =
            GUARDED_PEERS.stream().map(Contender::plain).toList();

    private static Contender policy(String name, LoadBalancingPolicy policy) {
        return new Contender(name, builder -> builder.policy(policy));
    }

    /** Returns this without what can be switched off: detectors, slow start, panic, doubt about lists, and the bound on retries. */
    private Contender plain() {
        return new Contender(
                name,
                builder -> settings.apply(builder)
                        .outliers(OutlierDetection.DEFAULT.withMode(DetectorMode.OFF))
                        .slowStart(SlowStart.OFF)
                        .panicThreshold(0)
                        .listHold(Duration.ZERO)
                        .retryBudget(new RetryBudget.Settings(1, 1_000_000, Duration.ofSeconds(10))));
    }
}
