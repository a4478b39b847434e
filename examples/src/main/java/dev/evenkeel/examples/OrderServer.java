package dev.evenkeel.examples;

import dev.evenkeel.lb.endpoint.Endpoint;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/** A gRPC server that answers with its name. Its messages are text, so that nothing must be generated. */
final class OrderServer {
    private static final String SERVICE = "shop.Orders";

    /** Idempotent, as {@code option idempotency_level} has it in a proto file: else nothing is repeated that a server has seen. */
    static final MethodDescriptor<String, String> GET = MethodDescriptor.<String, String>newBuilder()
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE, "Get"))
            .setIdempotent(true)
            .setRequestMarshaller(new Text())
            .setResponseMarshaller(new Text())
            .build();

    private final String name;
    private final Server server;
    private volatile boolean failing; // by whoever plays the fault

    OrderServer(String name) throws IOException {
        this.name = name;
        this.server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(ServerServiceDefinition.builder(SERVICE)
                        .addMethod(GET, ServerCalls.asyncUnaryCall(this::get))
                        .build())
                .build()
                .start();
    }

    private void get(String order, StreamObserver<String> response) {
        if (failing) {
            response.onError(Status.UNAVAILABLE.asRuntimeException());
        } else {
            response.onNext(name);
            response.onCompleted();
        }
    }

    Endpoint endpoint() {
        return Endpoint.of("127.0.0.1", server.getPort()).withId(name);
    }

    void fail() {
        failing = true;
    }

    void stop() throws InterruptedException {
        server.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    }

    private static final class Text implements MethodDescriptor.Marshaller<String> {
        @Override
        public InputStream stream(String value) {
            return new ByteArrayInputStream(value.getBytes(StandardCharsets.UTF_8));
        }

        @Override
        public String parse(InputStream stream) {
            try {
                return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
