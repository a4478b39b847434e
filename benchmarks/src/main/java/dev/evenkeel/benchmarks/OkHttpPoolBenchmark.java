package dev.evenkeel.benchmarks;

import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Many threads, 100 endpoints and 10 idle connections to each. OkHttp searches its pool from the start and takes a lock for each
 * connection it looks at, so a pool that all endpoints share grows slow; ours has one for each endpoint.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(3)
@Threads(8)
public class OkHttpPoolBenchmark {
    private static final int ENDPOINTS = 100;
    private static final int CONNECTIONS = 10;
    private static final List<Endpoint> FLEET = Clients.endpoints(ENDPOINTS, 8080);

    private final OkHttpClient memory =
            new OkHttpClient.Builder().socketFactory(new MemoryNetwork()).build();
    private final Request direct = Clients.request("http://127.0.0.1:8080/v1/42");
    private final OkHttpClient oneEndpoint = Clients.pooling(memory, CONNECTIONS);
    private final OkHttpClient sharedPool = Clients.rewriting(Clients.pooling(memory, ENDPOINTS * CONNECTIONS), FLEET);

    @SuppressWarnings("NullAway.Init") // by fillPools()
    private OkHttpClient poolForEach;

    @Setup
    public void fillPools() throws IOException {
        poolForEach = Clients.balanced(memory, FLEET, builder -> builder.policy(LoadBalancingPolicy.roundRobin()));
        connect(oneEndpoint, direct, CONNECTIONS);
        connect(sharedPool, Clients.BALANCED, ENDPOINTS * CONNECTIONS);
        connect(poolForEach, Clients.BALANCED, ENDPOINTS * CONNECTIONS);
    }

    /** All connections are in use before the first is let go, so each call opens another. */
    private static void connect(OkHttpClient client, Request request, int connections) throws IOException {
        List<Response> open = new ArrayList<>();
        for (int i = 0; i < connections; i++) {
            open.add(client.newCall(request).execute());
        }
        open.forEach(Response::close);
        if (client.connectionPool().connectionCount() > connections) {
            throw new IllegalStateException("connections are left over from somewhere else");
        }
    }

    @Benchmark
    public long plainToOneEndpoint() throws IOException {
        return Clients.execute(oneEndpoint, direct);
    }

    @Benchmark
    public long rewrittenOverOnePool() throws IOException {
        return Clients.execute(sharedPool, Clients.BALANCED);
    }

    @Benchmark
    public long balancedOverAPoolForEach() throws IOException {
        return Clients.execute(poolForEach, Clients.BALANCED);
    }
}
