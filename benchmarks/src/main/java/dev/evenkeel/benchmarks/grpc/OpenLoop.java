package dev.evenkeel.benchmarks.grpc;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;

/**
 * Makes calls at random moments, 600 a second, whether others have ended or not, each with a deadline of 1 s. A call's latency counts
 * from the moment at which it should have begun, and that of a failed one is its deadline.
 */
final class OpenLoop {
    static final long DEADLINE_NANOS = TimeUnit.SECONDS.toNanos(1);
    static final int PER_SECOND = 600;

    private static final long FAILED = -1;

    private final byte[] request = new byte[32];
    private final Channel channel;
    private final SplittableRandom random;
    private final int calls;
    private final AtomicLongArray latencies;
    private final CountDownLatch running;

    OpenLoop(Channel channel, int seconds, long seed) {
        this.channel = channel;
        this.random = new SplittableRandom(seed);
        this.calls = seconds * PER_SECOND;
        this.latencies = new AtomicLongArray(calls);
        this.running = new CountDownLatch(calls);
    }

    /** Makes the calls and returns how they went. */
    Outcomes run() throws InterruptedException {
        long intended = System.nanoTime();
        long late = 0;
        for (int i = 0; i < calls; i++) {
            intended += (long) (-Math.log(1 - random.nextDouble()) * 1e9 / PER_SECOND);
            waitUntil(intended);
            late = Math.max(late, System.nanoTime() - intended);
            CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(DEADLINE_NANOS, TimeUnit.NANOSECONDS);
            ClientCalls.asyncUnaryCall(channel.newCall(Orders.GET, options), request, new Answer(i, intended));
        }
        running.await();
        long[] all = new long[calls];
        Arrays.setAll(all, latencies::get);
        long failed = Arrays.stream(all).filter(latency -> latency == FAILED).count();
        Arrays.setAll(all, i -> all[i] == FAILED ? DEADLINE_NANOS : all[i]);
        Arrays.sort(all);
        return new Outcomes(calls, failed, all[(int) Math.ceil(calls * 0.99) - 1] / 1e6, late / 1e6);
    }

    private static void waitUntil(long nanos) {
        long left = nanos - System.nanoTime();
        while (left > 0) {
            LockSupport.parkNanos(left);
            left = nanos - System.nanoTime();
        }
    }

    /**
     * How calls went.
     *
     * @param p99Millis of all calls
     * @param lateMillis how much too late the latest began; where that is much, the machine was measured and not the policy
     */
    record Outcomes(int calls, long failed, double p99Millis, double lateMillis) {}

    private final class Answer implements StreamObserver<byte[]> {
        private final int index;
        private final long intended;

        Answer(int index, long intended) {
            this.index = index;
            this.intended = intended;
        }

        @Override
        public void onNext(byte[] answer) {}

        @Override
        public void onError(Throwable thrown) {
            end(FAILED);
        }

        @Override
        public void onCompleted() {
            end(System.nanoTime() - intended);
        }

        private void end(long latency) {
            latencies.set(index, latency);
            running.countDown();
        }
    }
}
