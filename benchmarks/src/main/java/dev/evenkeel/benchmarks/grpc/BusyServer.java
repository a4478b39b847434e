package dev.evenkeel.benchmarks.grpc;

import dev.evenkeel.lb.endpoint.Endpoint;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** A server of four workers, each of which takes 3.5 to 6.5 ms for a call; others queue. It can be made slow, failing or dead. */
final class BusyServer implements AutoCloseable {
    private static final int WORKERS = 4;
    private static final long SHORTEST_NANOS = 3_500_000;
    private static final long LONGEST_NANOS = 6_500_000;

    private final ScheduledExecutorService answers;
    private final AtomicLong attempts = new AtomicLong();
    private final long[] freeAt = new long[WORKERS]; // guarded by itself
    private final int port;

    // Written by whoever plays the fault.
    private volatile int slowness = 1;
    private volatile boolean failing;
    private Server server;

    /** Starts one that sends its answers by a timer, so that a slow server holds no threads. */
    BusyServer(ScheduledExecutorService answers) throws IOException {
        this.answers = answers;
        Arrays.fill(freeAt, System.nanoTime());
        this.server = listen(0);
        this.port = server.getPort();
    }

    private Server listen(int atPort) throws IOException {
        return NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), atPort))
                .directExecutor()
                .addService(ServerServiceDefinition.builder(Orders.SERVICE)
                        .addMethod(Orders.GET, ServerCalls.asyncUnaryCall(this::get))
                        .build())
                .build()
                .start();
    }

    private void get(byte[] request, StreamObserver<byte[]> response) {
        attempts.incrementAndGet();
        if (failing) {
            response.onError(Status.UNAVAILABLE.withDescription("out of order").asRuntimeException());
            return;
        }
        long work = slowness * ThreadLocalRandom.current().nextLong(SHORTEST_NANOS, LONGEST_NANOS);
        Future<?> unused = answers.schedule(
                () -> {
                    response.onNext(request);
                    response.onCompleted();
                },
                queue(work),
                TimeUnit.NANOSECONDS);
    }

    /** Gives work to the worker who is free first, and returns how long it takes from now on until that is done. */
    private long queue(long workNanos) {
        synchronized (freeAt) {
            int first = 0;
            for (int i = 1; i < WORKERS; i++) {
                first = freeAt[i] - freeAt[first] < 0 ? i : first;
            }
            long now = System.nanoTime();
            long begin = freeAt[first] - now < 0 ? now : freeAt[first];
            freeAt[first] = begin + workNanos;
            return freeAt[first] - now;
        }
    }

    Endpoint endpoint() {
        return Endpoint.of("127.0.0.1", port);
    }

    /** Returns how many calls came in. */
    long attempts() {
        return attempts.get();
    }

    void slowDown(int times) {
        slowness = times;
    }

    void fail() {
        failing = true;
    }

    /** Drops all connections and refuses new ones. */
    void kill() {
        server.shutdownNow();
    }

    /** Lets the calls that it has finish, as a server does that is told to go. */
    void shutDown() throws InterruptedException {
        server.shutdown();
        if (!server.awaitTermination(5, TimeUnit.SECONDS)) {
            server.shutdownNow();
        }
    }

    void startAgain() throws IOException {
        server = listen(port);
    }

    @Override
    public void close() {
        server.shutdownNow();
    }
}
