package dev.evenkeel.lb.testkit;

import dev.evenkeel.lb.Attempt;
import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.EndpointSource;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.time.VirtualTime;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * So many callers, each of which sends its next request when its last one ended, in virtual time and through the real core. Servers
 * take their time whatever they have in flight, so that the policy alone decides the shares.
 */
public final class ClosedLoop implements AutoCloseable {
    private static final Server DEFAULT_SERVER = Server.taking(Duration.ofMillis(10));

    private final VirtualTime time = new VirtualTime();
    private final RandomGenerator random;
    private final LoadBalancer balancer;
    private final Collection<Endpoint> endpoints;
    private final Map<String, Server> servers = new HashMap<>();
    private Duration thinkTime = Duration.ZERO;
    private Tally tally = new Tally();
    private int unsent;
    private int unanswered;

    /**
     * How an endpoint answers.
     *
     * @param mean its mean time to answer; times are spread evenly by a fifth to both sides
     * @param outcome how it answers
     */
    public record Server(Duration mean, Outcome outcome) {
        /** Returns a server that succeeds after so long. */
        public static Server taking(Duration mean) {
            return new Server(mean, Outcome.SUCCESS);
        }

        /** Returns a server that answers with a failure after so long. */
        public static Server failingAfter(Duration mean) {
            return new Server(mean, Outcome.of(Outcome.Kind.UNAVAILABLE, "HTTP 503"));
        }

        private long nanos(RandomGenerator random) {
            return (long) (mean.toNanos() * (0.8 + 0.4 * random.nextDouble()));
        }
    }

    /** Prepares traffic to endpoints that all answer well within about 10 ms. */
    public ClosedLoop(LoadBalancingPolicy policy, Collection<Endpoint> endpoints, long seed) {
        this.random = ScriptedRandom.seeded(seed);
        this.endpoints = endpoints;
        this.balancer = LoadBalancer.builder("closed-loop")
                .endpoints(EndpointSource.of(List.copyOf(endpoints)))
                .policy(policy)
                .environment(time.environment(ScriptedRandom.seeded(~seed)))
                .build();
    }

    /** Decides how an endpoint answers from now on. */
    public ClosedLoop server(Endpoint endpoint, Server server) {
        servers.put(endpoint.id(), server);
        return this;
    }

    /** Decides how long a caller waits between an answer and its next request. */
    public ClosedLoop thinkTime(Duration newThinkTime) {
        thinkTime = newThinkTime;
        return this;
    }

    /** Sends so many requests, waits for the last answer, and returns who got them. What is learnt stays for the next run. */
    public Tally run(int callers, int requests) {
        tally = new Tally();
        unsent = requests;
        unanswered = requests;
        for (int i = 0; i < callers; i++) {
            time.schedule(DEFAULT_SERVER.nanos(random) * i / callers, this::send);
        }
        while (unanswered > 0) {
            time.advance(Duration.ofMillis(10));
        }
        return tally;
    }

    /** Returns the clock, for going on with nothing sent. */
    public VirtualTime time() {
        return time;
    }

    /** Returns the endpoint's share of all weight. */
    public double fairShare(Endpoint endpoint) {
        return endpoint.weight()
                / endpoints.stream().mapToDouble(Endpoint::weight).sum();
    }

    /** Returns for each endpoint how many times its fair share it got. */
    public Map<Endpoint, Double> fairness(Tally run) {
        Map<Endpoint, Double> fairness = new LinkedHashMap<>();
        endpoints.forEach(endpoint -> fairness.put(endpoint, run.share(endpoint) / fairShare(endpoint)));
        return fairness;
    }

    private void send() {
        if (unsent == 0) {
            return;
        }
        unsent--;
        Attempt attempt = balancer.newCall(RequestInfo.IDEMPOTENT).nextAttempt();
        tally.add(attempt.endpoint());
        Server server = servers.getOrDefault(attempt.endpoint().id(), DEFAULT_SERVER);
        time.schedule(server.nanos(random), () -> {
            attempt.complete(server.outcome());
            unanswered--;
            time.schedule(thinkTime.toNanos(), this::send);
        });
    }

    @Override
    public void close() {
        balancer.close();
    }
}
