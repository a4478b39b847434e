package dev.evenkeel.benchmarks;

import io.grpc.CallOptions;
import io.grpc.LoadBalancer;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
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
import org.openjdk.jmh.annotations.Warmup;

/** grpc-java's round robin: no feedback, and no health of its own. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(3)
public class GrpcPickBenchmark {

    @Param({"3", "10", "100", "1000", "10000"})
    public int n;

    private final LoadBalancer.PickSubchannelArgs args = new NoArgs();

    @SuppressWarnings("NullAway.Init") // by open()
    private LoadBalancer.SubchannelPicker picker;

    @Setup
    public void open() {
        picker = GrpcFixture.readyPicker("round_robin", n);
        if (picker.pickSubchannel(args).getSubchannel() == null) {
            throw new IllegalStateException("nobody is ready");
        }
    }

    @Benchmark
    public LoadBalancer.PickResult roundRobin() {
        return picker.pickSubchannel(args);
    }

    /** What round robin does not look at. */
    private static final class NoArgs extends LoadBalancer.PickSubchannelArgs {
        private final Metadata headers = new Metadata();

        @Override
        public CallOptions getCallOptions() {
            return CallOptions.DEFAULT;
        }

        @Override
        public Metadata getHeaders() {
            return headers;
        }

        @Override
        public MethodDescriptor<?, ?> getMethodDescriptor() {
            throw new UnsupportedOperationException();
        }
    }
}
