package dev.evenkeel.lb.grpc;

import dev.evenkeel.lb.endpoint.Endpoint;
import io.grpc.Attributes;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServerStreamTracer;
import io.grpc.ServerTransportFilter;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

/** A real server on a port of its own that does what the test says. */
final class TestServer implements AutoCloseable {
    /** Answers with the request and the endpoint's address. */
    final Behaviour echo = (request, response) -> {
        response.onNext(request + "@" + address());
        response.onCompleted();
    };

    final AtomicInteger calls = new AtomicInteger();
    final AtomicInteger connections = new AtomicInteger(); // that were ever made
    final AtomicInteger questions = new AtomicInteger(); // streams of services that it does not have
    final Queue<String> authorities = new ConcurrentLinkedQueue<>();
    volatile Behaviour behaviour = echo;

    private final UnaryOperator<NettyServerBuilder> settings;
    private volatile int port;
    private volatile Server server;

    /** What a server does with a call. */
    @FunctionalInterface
    interface Behaviour {
        void answer(String request, StreamObserver<String> response);
    }

    TestServer() {
        this(builder -> builder);
    }

    TestServer(UnaryOperator<NettyServerBuilder> settings) {
        this.settings = settings;
        start();
    }

    /** Starts it, again on the same port after {@link #kill}. */
    void start() {
        try {
            server = settings.apply(NettyServerBuilder.forAddress(
                            new InetSocketAddress(InetAddress.getLoopbackAddress(), port)))
                    .addService(ServerServiceDefinition.builder(Echo.SERVICE)
                            .addMethod(Echo.GET, ServerCalls.asyncUnaryCall(this::handle))
                            .addMethod(Echo.POST, ServerCalls.asyncUnaryCall(this::handle))
                            .addMethod(Echo.WATCH, ServerCalls.asyncServerStreamingCall(this::handle))
                            .addMethod(Echo.CHAT, ServerCalls.asyncBidiStreamingCall(this::chat))
                            .build())
                    .intercept(new Seen())
                    .addTransportFilter(new Connected())
                    .addStreamTracerFactory(new Asked())
                    .build()
                    .start();
            port = server.getPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Drops all connections and refuses new ones. */
    void kill() {
        server.shutdownNow();
        awaitEnd();
    }

    /** Waits until all calls and connections have ended, after it was told to end them. */
    void awaitEnd() {
        try {
            server.awaitTermination(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Sends GOAWAY, finishes what it has, and refuses new connections. */
    void shutdownGracefully() {
        server.shutdown();
    }

    void failWith(Status status) {
        behaviour = (request, response) -> response.onError(status.asRuntimeException());
    }

    void failWith(Status status, Metadata trailers) {
        behaviour = (request, response) -> response.onError(status.asRuntimeException(trailers));
    }

    /** Takes calls and never answers. */
    void hang() {
        behaviour = (request, response) -> {};
    }

    private void handle(String request, StreamObserver<String> response) {
        calls.incrementAndGet();
        behaviour.answer(request, response);
    }

    private StreamObserver<String> chat(StreamObserver<String> response) {
        calls.incrementAndGet();
        return new StreamObserver<>() {
            @Override
            public void onNext(String message) {
                response.onNext(message + "@" + address());
            }

            @Override
            public void onError(Throwable t) {}

            @Override
            public void onCompleted() {
                response.onCompleted();
            }
        };
    }

    int port() {
        return port;
    }

    String address() {
        return "127.0.0.1:" + port;
    }

    Endpoint endpoint() {
        return Endpoint.of(address());
    }

    @Override
    public void close() {
        kill();
    }

    private final class Connected extends ServerTransportFilter {
        @Override
        public Attributes transportReady(Attributes attributes) {
            connections.incrementAndGet();
            return attributes;
        }
    }

    private final class Asked extends ServerStreamTracer.Factory {
        @Override
        public ServerStreamTracer newServerStreamTracer(String method, Metadata headers) {
            if (!method.startsWith(Echo.SERVICE)) {
                questions.incrementAndGet();
            }
            return new ServerStreamTracer() {};
        }
    }

    private final class Seen implements ServerInterceptor {
        @Override
        public <Q, A> ServerCall.Listener<Q> interceptCall(
                ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
            authorities.add(String.valueOf(call.getAuthority()));
            return next.startCall(call, headers);
        }
    }
}
