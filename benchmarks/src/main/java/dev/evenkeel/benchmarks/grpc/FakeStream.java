package dev.evenkeel.benchmarks.grpc;

import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.ClientStreamTracer;
import io.grpc.LoadBalancer.PickResult;
import io.grpc.LoadBalancer.PickSubchannelArgs;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;

/** What a policy sees of a unary call: it is picked for, and then the tracer is told what became of its stream. */
public final class FakeStream extends PickSubchannelArgs {
    private final Metadata headers = new Metadata();
    private final Metadata trailers = new Metadata();
    private final CallOptions options;
    private final ClientStreamTracer.StreamInfo info;

    public FakeStream(CallOptions options) {
        this.options = options;
        this.info = ClientStreamTracer.StreamInfo.newBuilder()
                .setCallOptions(options)
                .build();
    }

    /** Tells whoever wants to know, in gRPC's order. */
    public void succeed(PickResult result) {
        ClientStreamTracer.Factory factory = result.getStreamTracerFactory();
        if (factory != null) {
            ClientStreamTracer tracer = factory.newClientStreamTracer(info, headers);
            tracer.streamCreated(Attributes.EMPTY, headers);
            tracer.outboundHeaders();
            tracer.inboundHeaders();
            tracer.inboundTrailers(trailers);
            tracer.streamClosed(Status.OK);
        }
    }

    Metadata trailers() {
        return trailers;
    }

    @Override
    public CallOptions getCallOptions() {
        return options;
    }

    @Override
    public Metadata getHeaders() {
        return headers;
    }

    @Override
    public MethodDescriptor<?, ?> getMethodDescriptor() {
        return Orders.GET;
    }
}
