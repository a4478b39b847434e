package dev.evenkeel.lb.sim;

import static dev.evenkeel.lb.sim.Fault.errors;
import static dev.evenkeel.lb.sim.Fault.overload;
import static dev.evenkeel.lb.sim.Fleets.millis;
import static dev.evenkeel.lb.sim.Fleets.seconds;
import static dev.evenkeel.lb.sim.Target.server;
import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.LoadBalancerBuilder;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.limit.Breaker;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.observe.LoadBalancerListener;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.policy.Node;
import dev.evenkeel.lb.retry.RetryPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.assertj.core.api.SoftAssertions;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Calls come faster than all servers together can answer them. What is turned away then says nothing about the server that does it: taking
 * servers out, or trying again, makes it worse for all. So the mark is what the simplest does that knows all queues and tries once.
 */
class OverloadStoriesTest {
    private static final double TO_130_PERCENT = 2.185;
    private static final double TO_200_PERCENT = 3.361;
    private static final Duration START = seconds(5);
    private static final Duration END = seconds(13);
    private static final Duration LENGTH = seconds(40);
    private static final int SEEDS = 3;
    private static final Marks STRICT = new Marks(0.005, 0, millis(500));

    private static final Servers LIKE =
            Servers.workers(4).queue(100).serviceTime(ServiceTime.logNormal(millis(25), 0.5));

    private static final Servers ASKING = LIKE.pushbackWhenFull(seconds(1));
    private static final Fleet PLAIN_503 = new Fleet("503", LIKE, LIKE, seconds(1));
    private static final Fleet ALL_PUSH_BACK = new Fleet("all push back", ASKING, ASKING, seconds(1));
    private static final Fleet HALF_PUSH_BACK = new Fleet("half push back", LIKE, ASKING, millis(800));

    /** Join the shortest queue: whoever has least in flight of all, failing or not. Optimal among equal servers, where all calls are known. */
    private static final LoadBalancingPolicy SHORTEST_QUEUE = (candidates, random) -> {
        List<Node> nodes = List.copyOf(candidates);
        return (context, now) -> {
            int start = random.nextInt(nodes.size());
            Node best = nodes.get(start);
            for (int i = 1; i < nodes.size(); i++) {
                Node next = nodes.get((start + i) % nodes.size());
                best = next.inFlight() < best.inFlight() ? next : best;
            }
            return best;
        };
    };

    /** Ten servers, of which five may answer something else when they are full, and how long callers wait. */
    private record Fleet(String name, Servers first, Servers second, Duration deadline) {
        Simulation calledBy(int clients, long seed) {
            return Simulation.of(seed)
                    .servers(5, first)
                    .servers(5, second)
                    .clients(clients, Clients.ratePerSecond(840.0 / clients).deadline(deadline));
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private static LoadBalancerBuilder shortestQueue(LoadBalancerBuilder builder) {
        return Fleets.bare(builder).policy(SHORTEST_QUEUE).retry(RetryPolicy.NONE);
    }

    /**
     * How much worse than the shortest queue we may be. Nobody is back at once: at the end a thousand calls wait, 1,413 are answered a second and 840
     * come, so queues are empty after 1.75 s, and who comes before then waits behind them.
     *
     * @param missing which share of all calls may succeed there and not with us, the mean of the seeds
     * @param out how often endpoints may be out, in all runs together
     * @param later for how much longer callers may feel it
     */
    private record Marks(double missing, int out, Duration later) {}

    private static void staysCloseToTheShortestQueue(
            Fleet fleet, double factor, Marks marks, UnaryOperator<LoadBalancerBuilder> settings) {
        SoftAssertions all = new SoftAssertions();
        Map<Integer, Double> lost = new TreeMap<>();
        long outs = 0;
        for (int seed = 1; seed <= SEEDS; seed++) {
            Result best = fleet.calledBy(1, seed)
                    .between(START, END, overload(factor))
                    .loadBalancer(OverloadStoriesTest::shortestQueue)
                    .run(LENGTH);
            for (int clients : new int[] {1, 20}) {
                Result ours = fleet.calledBy(clients, seed)
                        .between(START, END, overload(factor))
                        .loadBalancer(settings)
                        .run(LENGTH);

                String name = fleet + " ×" + factor + ", " + clients + " clients, seed " + seed;
                lost.merge(clients, (best.successRate() - ours.successRate()) / SEEDS, Double::sum);
                outs += ours.events(Event.Type.UNAVAILABLE);
                all.assertThat(ours.attemptsPerCall()).as(name).isLessThanOrEqualTo(1.05);
                all.assertThat(ours.timeToRecover(END).orElseThrow())
                        .as(name)
                        .isLessThanOrEqualTo(
                                best.timeToRecover(END).orElseThrow().plus(marks.later()));
            }
        }
        all.assertThat(lost.values()).as("%s ×%s", fleet, factor).allMatch(share -> share < marks.missing());
        all.assertThat(outs).as("%s ×%s", fleet, factor).isLessThanOrEqualTo(marks.out());
        all.assertAll();
    }

    @Test
    void anOverloadEjectsNobodyAndCostsNoMoreThanTheShortestQueue() {
        staysCloseToTheShortestQueue(PLAIN_503, TO_130_PERCENT, STRICT, builder -> builder);
    }

    /** One client of 63 is turned away ten times in a burst, and then three times when it tries again after a silence each. */
    @Test
    void twiceTheLoadEjectsNextToNobodyAndCostsNoMoreThanTheShortestQueue() {
        staysCloseToTheShortestQueue(PLAIN_503, TO_200_PERCENT, new Marks(0.005, 1, millis(500)), builder -> builder);
    }

    @Test
    void anOverloadOfServersThatPushBackCostsNoMoreThanTheShortestQueue() {
        staysCloseToTheShortestQueue(ALL_PUSH_BACK, TO_130_PERCENT, STRICT, builder -> builder);
        staysCloseToTheShortestQueue(ALL_PUSH_BACK, TO_200_PERCENT, STRICT, builder -> builder);
    }

    /**
     * While half of the servers take nothing, the others are as full as can be, so each of them fails for longer and more often: with twelve seeds,
     * 1 of 5,040 pairs of client and server is ejected.
     */
    @Test
    void anOverloadWhereHalfOfTheServersPushBackCostsNoMoreCallsThanTheShortestQueue() {
        staysCloseToTheShortestQueue(HALF_PUSH_BACK, TO_130_PERCENT, STRICT, builder -> builder);
        staysCloseToTheShortestQueue(HALF_PUSH_BACK, TO_200_PERCENT, STRICT, builder -> builder);
    }

    @Test
    void anOverloadOpensNoBreaker() {
        for (Fleet fleet : List.of(PLAIN_503, ALL_PUSH_BACK, HALF_PUSH_BACK)) {
            staysCloseToTheShortestQueue(
                    fleet, TO_130_PERCENT, STRICT, builder -> builder.endpointBreaker(Breaker.DEFAULT));
            staysCloseToTheShortestQueue(
                    fleet, TO_200_PERCENT, STRICT, builder -> builder.endpointBreaker(Breaker.DEFAULT));
        }
    }

    /** Otherwise the tests above would prove nothing: whoever ejects after five failures in a row would eject here. */
    @Test
    void anOverloadMakesServersFailFiveTimesInARow() {
        for (int clients : new int[] {1, 20}) {
            List<Runs> seen = new ArrayList<>();
            PLAIN_503
                    .calledBy(clients, 1)
                    .between(START, END, overload(TO_200_PERCENT))
                    .loadBalancer(builder -> listened(builder, new Runs(), seen))
                    .run(LENGTH);

            assertThat(seen.stream().mapToInt(client -> client.longest).max().orElseThrow())
                    .as("%s clients", clients)
                    .isGreaterThanOrEqualTo(5);
        }
    }

    /** A run is the same up to a moment whether or not it goes on, so two of them show what happened between. */
    @Test
    void aServerThatFailsEverythingIsFoundOutInAnOverload() {
        for (int clients : new int[] {1, 20}) {
            List<Tries> until = triesOfTheBadOne(clients, seconds(9));
            List<Tries> later = triesOfTheBadOne(clients, END);
            for (int i = 0; i < clients; i++) {
                double all = later.get(i).all - until.get(i).all;
                double bad = later.get(i).bad - until.get(i).bad;
                assertThat(later.get(i).ejected || bad < 0.01 * all)
                        .as("client %s of %s, %s of %s", i, clients, bad, all)
                        .isTrue();
            }
        }
    }

    private static List<Tries> triesOfTheBadOne(int clients, Duration end) {
        List<Tries> seen = new ArrayList<>();
        PLAIN_503
                .calledBy(clients, 1)
                .at(START, overload(TO_130_PERCENT))
                .at(seconds(7), errors(server(3), 1, millis(1)))
                .loadBalancer(builder -> listened(builder, new Tries(), seen))
                .run(end);
        return seen;
    }

    private static <L extends LoadBalancerListener> LoadBalancerBuilder listened(
            LoadBalancerBuilder builder, L client, List<L> clients) {
        clients.add(client);
        return builder.listener(client);
    }

    /** How often a server failed in a row, as one client sees it. */
    private static final class Runs implements LoadBalancerListener {
        private final Map<Endpoint, Integer> runs = new HashMap<>();
        private int longest;

        @Override
        public void onAttempt(String service, Endpoint endpoint, Outcome outcome, long latencyNanos) {
            int run = outcome.kind() == Outcome.Kind.UNAVAILABLE ? runs.getOrDefault(endpoint, 0) + 1 : 0;
            runs.put(endpoint, run);
            longest = Math.max(longest, run);
        }
    }

    /** What one client sent to server 3, and whether it took that out. */
    private static final class Tries implements LoadBalancerListener {
        private int all;
        private int bad;
        private boolean ejected;

        @Override
        public void onAttempt(String service, Endpoint endpoint, Outcome outcome, long latencyNanos) {
            all++;
            bad += isBad(endpoint) ? 1 : 0;
        }

        @Override
        public void onEvent(Event event) {
            ejected |= event.type() == Event.Type.UNAVAILABLE && isBad(event.endpoint());
        }

        private static boolean isBad(@Nullable Endpoint endpoint) {
            return endpoint != null && endpoint.id().equals("server-3");
        }
    }
}
