package dev.evenkeel.benchmarks.grpc;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** Makes calls, 32 at a time: each begins when another ends, on the transport's thread. */
final class ClosedLoop {
    private static final int AT_A_TIME = 32;

    private final byte[] request = new byte[32];
    private final Channel channel;
    private final AtomicInteger toBegin;
    private final CountDownLatch running = new CountDownLatch(AT_A_TIME);
    private volatile Status failure = Status.OK;

    ClosedLoop(Channel channel, int calls) {
        this.channel = channel;
        this.toBegin = new AtomicInteger(calls);
    }

    /** Makes all calls and returns a failure, if there was one. */
    Status run() throws InterruptedException {
        for (int i = 0; i < AT_A_TIME; i++) {
            next();
        }
        running.await();
        return failure;
    }

    private void next() {
        if (toBegin.getAndDecrement() <= 0) {
            running.countDown();
            return;
        }
        ClientCalls.asyncUnaryCall(channel.newCall(Orders.GET, CallOptions.DEFAULT), request, new Next());
    }

    private final class Next implements StreamObserver<byte[]> {
        @Override
        public void onNext(byte[] answer) {}

        @Override
        public void onError(Throwable thrown) {
            failure = Status.fromThrowable(thrown);
            next();
        }

        @Override
        public void onCompleted() {
            next();
        }
    }
}
