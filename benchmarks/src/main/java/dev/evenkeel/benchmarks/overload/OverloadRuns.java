package dev.evenkeel.benchmarks.overload;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.LoadBalancerBuilder;
import dev.evenkeel.lb.LoadBalancers;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.EndpointSource;
import dev.evenkeel.lb.health.DetectorMode;
import dev.evenkeel.lb.health.OutlierDetection;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.observe.LoadBalancerListener;
import dev.evenkeel.lb.okhttp.EvenkeelOkHttp;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.policy.LoadMetric;
import dev.evenkeel.lb.retry.RetryPolicy;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import okhttp3.Dispatcher;
import okhttp3.OkHttpClient;

/**
 * 130 % of what ten real servers can answer, for eight seconds: the default beside the shortest queue, which knows
 * all requests and tries each once. In turns, always with new servers and a new client.
 */
final class OverloadRuns {
    private static final int SERVERS = 10;
    private static final int ROUNDS = 5;
    private static final double USUAL = 0.6;
    private static final double TOO_MUCH = 1.3;

    private OverloadRuns() {}

    /** Prints a table. */
    public static void main(String[] args) throws Exception {
        System.setProperty("sun.net.httpserver.nodelay", "true");
        run(UnaryOperator.identity(), 0); // so that the compiler's work is not the first one's
        System.out.println(
                "| round | policy | succeeded, % | attempts a call | endpoints out | began late, ms, most |");
        System.out.println("|---|---|---|---|---|---|");
        for (int round = 1; round <= ROUNDS; round++) {
            print(round, "default", run(UnaryOperator.identity(), round));
            print(round, "shortest queue", run(OverloadRuns::shortestQueue, round));
        }
        System.exit(0); // OkHttp's threads would stay for a while
    }

    private static LoadBalancerBuilder shortestQueue(LoadBalancerBuilder builder) {
        return builder.policy(
                        LoadBalancingPolicy.leastLoaded(LoadMetric.IN_FLIGHT).all())
                .outliers(OutlierDetection.DEFAULT.withMode(DetectorMode.OFF))
                .retry(RetryPolicy.NONE);
    }

    private record Run(Load.Outcomes outcomes, double attempts, int outs) {}

    private static void print(int round, String policy, Run run) {
        System.out.printf(
                "| %d | %s | %.2f | %.3f | %d | %.0f |%n",
                round, policy, run.outcomes.succeededPercent(), run.attempts, run.outs, run.outcomes.lateMillis());
    }

    private static Run run(UnaryOperator<LoadBalancerBuilder> settings, long seed) throws Exception {
        ScheduledExecutorService answers = Executors.newScheduledThreadPool(2);
        List<FullServer> servers = servers(answers);
        AtomicInteger outs = new AtomicInteger();
        List<Endpoint> endpoints = servers.stream().map(FullServer::endpoint).toList();
        try (LoadBalancer orders = settings.apply(
                                LoadBalancer.builder("orders").endpoints(EndpointSource.of(endpoints)))
                        .listener(counting(outs))
                        .build();
                EvenkeelOkHttp balanced = EvenkeelOkHttp.builder(client(), LoadBalancers.of(orders))
                        .build()) {
            double capacity = SERVERS * FullServer.PER_SECOND;
            new Load(balanced.client(), USUAL * capacity, 4, seed).run();
            outs.set(0);
            long before = attempts(servers);
            Load.Outcomes outcomes = new Load(balanced.client(), TOO_MUCH * capacity, 8, seed + ROUNDS).run();
            return new Run(outcomes, (attempts(servers) - before) / (double) outcomes.calls(), outs.get());
        } finally {
            servers.forEach(FullServer::close);
            answers.shutdownNow();
        }
    }

    private static OkHttpClient client() {
        Dispatcher dispatcher = new Dispatcher();
        dispatcher.setMaxRequests(10_000);
        dispatcher.setMaxRequestsPerHost(10_000);
        return new OkHttpClient.Builder().dispatcher(dispatcher).build();
    }

    private static LoadBalancerListener counting(AtomicInteger outs) {
        return new LoadBalancerListener() {
            @Override
            public void onEvent(Event event) {
                if (event.type() == Event.Type.UNAVAILABLE) {
                    outs.incrementAndGet();
                }
            }
        };
    }

    private static List<FullServer> servers(ScheduledExecutorService answers) throws IOException {
        List<FullServer> servers = new ArrayList<>();
        for (int i = 0; i < SERVERS; i++) {
            servers.add(new FullServer(answers));
        }
        return servers;
    }

    private static long attempts(List<FullServer> servers) {
        return servers.stream().mapToLong(FullServer::attempts).sum();
    }
}
