package dev.evenkeel.benchmarks.grpc;

import dev.evenkeel.benchmarks.Fleet;
import io.grpc.CallOptions;
import io.grpc.LoadBalancer.PickResult;
import io.grpc.LoadBalancer.SubchannelPicker;
import java.util.concurrent.TimeUnit;
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

/** A gRPC channel's pick, by itself and with all that the policy is then told of the stream. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 4, time = 1)
@Fork(2)
public class GrpcPickBenchmark {
    @Param
    public GrpcPolicy policy = GrpcPolicy.EVENKEEL;

    @Param({"100", "10000"})
    public int n = 100;

    private final FakeStream stream = new FakeStream(CallOptions.DEFAULT);
    private final FakeStream streamWithDeadline =
            new FakeStream(CallOptions.DEFAULT.withDeadlineAfter(1, TimeUnit.HOURS));

    @SuppressWarnings("NullAway.Init") // by open()
    private ListedFleet fleet;

    @SuppressWarnings("NullAway.Init")
    private SubchannelPicker picker;

    @Setup
    public void open() {
        fleet = ListedFleet.of(policy);
        fleet.take(Fleet.equal(n));
        fleet.connectAll();
        fleet.useAll(n);
        picker = fleet.channel().picker();
    }

    @TearDown
    public void close() {
        fleet.close();
    }

    @Benchmark
    public PickResult pick() {
        return picker.pickSubchannel(stream);
    }

    /** A unary call that succeeds. */
    @Benchmark
    public PickResult pickAndTrace() {
        PickResult result = picker.pickSubchannel(stream);
        stream.succeed(result);
        return result;
    }

    /** The same, but it would not wait for ever. */
    @Benchmark
    public PickResult pickAndTraceWithDeadline() {
        PickResult result = picker.pickSubchannel(streamWithDeadline);
        streamWithDeadline.succeed(result);
        return result;
    }
}
