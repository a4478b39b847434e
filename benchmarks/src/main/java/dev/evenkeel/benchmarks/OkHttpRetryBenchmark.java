package dev.evenkeel.benchmarks;

import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.health.DetectorMode;
import dev.evenkeel.lb.health.OutlierDetection;
import dev.evenkeel.lb.okhttp.Attempts;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.retry.Backoff;
import dev.evenkeel.lb.retry.RetryBudget;
import dev.evenkeel.lb.retry.RetryPolicy;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import okhttp3.Call;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A call whose first attempt gets a 503 and whose second succeeds, beside two plain calls. Round robin over two endpoints takes the
 * failing one first in every call after at most one; there is no backoff, so that no wait is measured,
 * and nobody ejects the failing one.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(3)
public class OkHttpRetryBenchmark {
    private static final List<Endpoint> ENDPOINTS =
            List.of(Endpoint.of("127.0.0.1", 8080), Endpoint.of("127.0.0.2", MemoryNetwork.FAILING_PORT));

    private final OkHttpClient plain =
            new OkHttpClient.Builder().socketFactory(new MemoryNetwork()).build();
    private final Request direct = Clients.request("http://127.0.0.1:8080/v1/42");

    @SuppressWarnings("NullAway.Init") // by open()
    private OkHttpClient balanced;

    @Setup
    public void open() {
        Backoff backoff = new Backoff(Duration.ZERO, Duration.ZERO);
        balanced = Clients.balanced(
                plain,
                ENDPOINTS,
                builder -> builder.policy(LoadBalancingPolicy.roundRobin())
                        .outliers(OutlierDetection.DEFAULT.withMode(DetectorMode.OFF))
                        .retry(new RetryPolicy(2, backoff))
                        .retryBudget(new RetryBudget.Settings(1, 1_000_000, Duration.ofSeconds(1))));
    }

    @TearDown
    public void checkThatCallsAreRetried() throws IOException {
        Clients.execute(balanced, Clients.BALANCED); // the first may happen to begin at the endpoint that works
        Call call = balanced.newCall(Clients.BALANCED);
        call.execute().close();
        if (Attempts.of(call).tried().size() != 2) {
            throw new IllegalStateException("the call was not retried: " + Attempts.of(call));
        }
    }

    @Benchmark
    public long retried() throws IOException {
        return Clients.execute(balanced, Clients.BALANCED);
    }

    @Benchmark
    public long twoPlainCalls() throws IOException {
        return Clients.execute(plain, direct) + Clients.execute(plain, direct);
    }
}
