package dev.evenkeel.benchmarks.grpc;

import dev.evenkeel.benchmarks.Fleet;
import dev.evenkeel.lb.grpc.EvenkeelGrpc;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptors;
import io.grpc.LoadBalancer.PickResult;
import io.grpc.LoadBalancer.SubchannelPicker;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
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

/** What it costs that the attempts of a call know of each other: calls through nothing but the policy, with the interceptor and without. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 4, time = 1)
@Fork(2)
public class GrpcMemoryBenchmark {
    private static final int ENDPOINTS = 100;

    private final ListedFleet fleet = ListedFleet.of(GrpcPolicy.EVENKEEL);

    @SuppressWarnings("NullAway.Init") // by open()
    private SubchannelPicker picker;

    private final Channel plain = new Transportless();
    private final Channel remembering = ClientInterceptors.intercept(plain, EvenkeelGrpc.interceptor());
    private final Metadata headers = new Metadata();

    @Setup
    public void open() {
        fleet.take(Fleet.equal(ENDPOINTS));
        fleet.connectAll();
        fleet.useAll(ENDPOINTS);
        picker = fleet.channel().picker();
    }

    @TearDown
    public void close() {
        fleet.close();
    }

    @Benchmark
    public ClientCall<byte[], byte[]> plain() {
        return call(plain);
    }

    @Benchmark
    public ClientCall<byte[], byte[]> remembering() {
        return call(remembering);
    }

    private ClientCall<byte[], byte[]> call(Channel channel) {
        ClientCall<byte[], byte[]> call = channel.newCall(Orders.GET, CallOptions.DEFAULT);
        call.start(new ClientCall.Listener<>() {}, headers);
        return call;
    }

    private final class Transportless extends Channel {
        @Override
        public <Q, A> ClientCall<Q, A> newCall(MethodDescriptor<Q, A> method, CallOptions options) {
            return new AnsweredCall<>(options);
        }

        @Override
        public String authority() {
            return "bench.svc";
        }
    }

    /** Succeeds as soon as it starts. */
    private final class AnsweredCall<Q, A> extends ClientCall<Q, A> {
        private final FakeStream stream;

        AnsweredCall(CallOptions options) {
            this.stream = new FakeStream(options);
        }

        @Override
        public void start(Listener<A> listener, Metadata unused) {
            PickResult result = picker.pickSubchannel(stream);
            stream.succeed(result);
            listener.onClose(Status.OK, stream.trailers());
        }

        @Override
        public void request(int messages) {}

        @Override
        public void cancel(@Nullable String message, @Nullable Throwable cause) {}

        @Override
        public void halfClose() {}

        @Override
        public void sendMessage(Q message) {}
    }
}
