package dev.evenkeel.benchmarks.report;

import static dev.evenkeel.lb.policy.LoadBalancingPolicy.leastLoaded;
import static dev.evenkeel.lb.policy.LoadMetric.IN_FLIGHT;
import static dev.evenkeel.lb.policy.LoadMetric.PEAK_EWMA;

import dev.evenkeel.lb.LoadBalancerBuilder;
import dev.evenkeel.lb.health.DetectorMode;
import dev.evenkeel.lb.health.OutlierDetection;
import dev.evenkeel.lb.health.SlowStart;
import dev.evenkeel.lb.locality.ZoneAffinity;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
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
    private static final double BOUND = 1.25;

    /** The default configuration. */
    static final Contender EVENKEEL = new Contender("Evenkeel", builder -> builder);

    static final Contender ROUND_ROBIN = policy("round robin", LoadBalancingPolicy.roundRobin());
    static final Contender RANDOM = policy("random", LoadBalancingPolicy.random());
    static final Contender LEAST_IN_FLIGHT = policy("least in flight", leastLoaded(IN_FLIGHT));
    static final Contender PLAIN_EWMA = new Contender("EWMA, failures unpriced", builder -> {
        PlainEwma ewma = new PlainEwma(); // one for each client, fed with what this client sees
        return builder.policy(ewma).listener(ewma);
    });

    /** Our peers with our protections. */
    static final List<Contender> GUARDED_PEERS = List.of(ROUND_ROBIN, RANDOM, LEAST_IN_FLIGHT, PLAIN_EWMA);

    /** Those that look at keys. */
    static final List<Contender> BY_KEY = List.of(
            policy("ring hash", LoadBalancingPolicy.ringHash()),
            policy("maglev", LoadBalancingPolicy.maglev()),
            policy("rendezvous", LoadBalancingPolicy.rendezvous()),
            policy("maglev, bounded", LoadBalancingPolicy.maglev().boundedLoad(BOUND)));

    /** Every policy, by what one writes to get it, with all of our default protections. The first is the default. */
    static final List<Contender> EVERY_POLICY = List.of(
            policy("leastLoaded(PEAK_EWMA)", leastLoaded(PEAK_EWMA)),
            policy("leastLoaded(PEAK_EWMA).draws(3)", leastLoaded(PEAK_EWMA).draws(3)),
            policy("leastLoaded(PEAK_EWMA).all()", leastLoaded(PEAK_EWMA).all()),
            policy("leastLoaded(IN_FLIGHT)", leastLoaded(IN_FLIGHT)),
            policy("leastLoaded(IN_FLIGHT).draws(3)", leastLoaded(IN_FLIGHT).draws(3)),
            policy("leastLoaded(IN_FLIGHT).all()", leastLoaded(IN_FLIGHT).all()),
            policy("roundRobin()", LoadBalancingPolicy.roundRobin()),
            policy("weightedRoundRobin()", LoadBalancingPolicy.weightedRoundRobin()),
            policy("random()", LoadBalancingPolicy.random()),
            policy("weightedRandom()", LoadBalancingPolicy.weightedRandom()),
            policy("ringHash()", LoadBalancingPolicy.ringHash()),
            policy(
                    "ringHash().boundedLoad(1.25)",
                    LoadBalancingPolicy.ringHash().boundedLoad(BOUND)),
            policy("maglev()", LoadBalancingPolicy.maglev()),
            policy("maglev().boundedLoad(1.25)", LoadBalancingPolicy.maglev().boundedLoad(BOUND)),
            policy("rendezvous()", LoadBalancingPolicy.rendezvous()),
            policy(
                    "rendezvous().boundedLoad(1.25)",
                    LoadBalancingPolicy.rendezvous().boundedLoad(BOUND)));

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

    /** Returns this without what can be switched off: detectors, slow start, panic, zones, doubt about lists, and the bound on retries. */
    private Contender plain() {
        return new Contender(
                name,
                builder -> settings.apply(builder)
                        .outliers(OutlierDetection.DEFAULT.withMode(DetectorMode.OFF))
                        .slowStart(SlowStart.OFF)
                        .panicThreshold(0)
                        .zoneAffinity(ZoneAffinity.OFF)
                        .listHold(Duration.ZERO)
                        .retryBudget(new RetryBudget.Settings(1, 1_000_000, Duration.ofSeconds(10))));
    }
}
