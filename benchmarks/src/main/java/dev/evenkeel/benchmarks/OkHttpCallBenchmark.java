package dev.evenkeel.benchmarks;

import dev.evenkeel.lb.endpoint.Endpoint;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** A whole synchronous call over pooled connections to one of ten endpoints, beside plain OkHttp to one of them. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(3)
public class OkHttpCallBenchmark {
    private static final int ENDPOINTS = 10;

    /** What the sockets are. */
    public enum Network {
        MEMORY,
        LOOPBACK
    }

    @Param
    public Network network = Network.MEMORY;

    @SuppressWarnings("NullAway.Init") // by open(), like the other fields
    private LoopbackServer server;

    @SuppressWarnings("NullAway.Init")
    private OkHttpClient plain;

    @SuppressWarnings("NullAway.Init")
    private OkHttpClient balanced;

    @SuppressWarnings("NullAway.Init")
    private OkHttpClient racing;

    @SuppressWarnings("NullAway.Init")
    private OkHttpClient rewriting;

    @SuppressWarnings("NullAway.Init")
    private Request direct;

    @Setup
    public void open() throws IOException {
        server = new LoopbackServer();
        List<Endpoint> endpoints = Clients.endpoints(ENDPOINTS, server.port());
        OkHttpClient.Builder builder = new OkHttpClient.Builder();
        if (network == Network.MEMORY) {
            builder.socketFactory(new MemoryNetwork());
        }
        plain = Clients.pooling(builder.build(), ENDPOINTS);
        balanced = Clients.balanced(plain, endpoints, UnaryOperator.identity());
        racing = Clients.balanced(plain, endpoints, settings -> settings.attemptTimeout(Duration.ofSeconds(10)));
        rewriting = Clients.rewriting(plain, endpoints);
        direct = Clients.request("http://" + endpoints.get(0).address() + "/v1/42");
    }

    @TearDown
    public void close() throws IOException {
        server.close();
    }

    @Benchmark
    public long plain() throws IOException {
        return Clients.execute(plain, direct);
    }

    @Benchmark
    public long balanced() throws IOException {
        return Clients.execute(balanced, Clients.BALANCED);
    }

    /** With an attempt timeout that never comes. */
    @Benchmark
    public long mayHedge() throws IOException {
        return Clients.execute(racing, Clients.BALANCED);
    }

    @Benchmark
    public long rewritten() throws IOException {
        return Clients.execute(rewriting, Clients.BALANCED);
    }

    /** A host that is no service, through the balanced client. */
    @Benchmark
    public long passedThrough() throws IOException {
        return Clients.execute(balanced, direct);
    }
}
