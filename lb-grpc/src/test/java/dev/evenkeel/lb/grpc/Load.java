package dev.evenkeel.lb.grpc;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.IntStream;

/** Threads that call without a pause until they are told to stop. */
final class Load implements AutoCloseable {
    final Queue<Status> failures = new ConcurrentLinkedQueue<>();
    final Queue<Status> unanswered = new ConcurrentLinkedQueue<>(); // those of them for which no answer had begun
    final AtomicInteger calls = new AtomicInteger(); // that have ended, well or not

    private final List<Thread> threads;
    private final AtomicIntegerArray ended; // calls of each thread
    private volatile boolean stopped;

    Load(ManagedChannel channel, MethodDescriptor<String, String> method, int threads) {
        this.ended = new AtomicIntegerArray(threads);
        this.threads = IntStream.range(0, threads)
                .mapToObj(i -> new Thread(() -> run(channel, method, i), "load-" + i))
                .toList();
        this.threads.forEach(Thread::start);
    }

    private void run(ManagedChannel channel, MethodDescriptor<String, String> method, int index) {
        Beginnings beginnings = new Beginnings();
        Channel watched = ClientInterceptors.intercept(channel, beginnings);
        while (!stopped) {
            beginnings.begun = false;
            try {
                Fleet.call(watched, method, CallOptions.DEFAULT, "x");
            } catch (StatusRuntimeException e) {
                failures.add(e.getStatus());
                if (!beginnings.begun) {
                    unanswered.add(e.getStatus());
                }
            }
            calls.incrementAndGet();
            ended.incrementAndGet(index);
        }
    }

    /** Whether the answer to one call after the other has begun. From then on gRPC cannot repeat it. */
    private static final class Beginnings implements ClientInterceptor {
        private volatile boolean begun;

        @Override
        public <Q, A> ClientCall<Q, A> interceptCall(MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
            return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
                @Override
                public void start(Listener<A> listener, Metadata headers) {
                    super.start(
                            new SimpleForwardingClientCallListener<>(listener) {
                                @Override
                                public void onHeaders(Metadata received) {
                                    begun = true;
                                    super.onHeaders(received);
                                }
                            },
                            headers);
                }
            };
        }
    }

    /** Waits until so many calls more have ended. */
    void pass(int more) {
        int until = calls.get() + more;
        Until.until(more + " calls have ended", () -> calls.get() >= until);
    }

    /** Waits until all calls have ended that are under way. */
    void passAll() {
        int[] before = IntStream.range(0, ended.length()).map(ended::get).toArray();
        Until.until(
                "what is under way has ended",
                () -> IntStream.range(0, before.length).allMatch(i -> ended.get(i) > before[i]));
    }

    /** Ends it, and waits for what is under way. */
    void stop() {
        stopped = true;
        for (Thread thread : threads) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public void close() {
        stop();
    }
}
