package dev.evenkeel.lb.sim;

import org.jspecify.annotations.Nullable;

/** One client: calls when its time has come, whatever became of the calls before (an open loop). */
final class Client {
    private final int index;
    private final Clients model;
    private final Recorder recorder;
    private final ProcessTime time;
    private final Caller caller;
    private final SplitMix64 calls;
    private final Arrivals arrivals;
    private final LogicalCall.Ending ending = (call, failure) -> ended(call.startNanos(), failure);

    Client(int index, Clients model, World world, long seed, Route.Router router) {
        this.index = index;
        this.model = model;
        this.recorder = world.recorder();
        this.time = world.clientTime();
        this.caller = new Caller(index, model.deadline(), model.connectTimeout(), world, time, router);
        this.calls = SplitMix64.stream(seed, SplitMix64.Stream.CALLS, index);
        this.arrivals = new Arrivals(
                world.time(),
                SplitMix64.stream(seed, SplitMix64.Stream.ARRIVALS, index),
                model.ratePerSecond(),
                this::call);
    }

    Arrivals arrivals() {
        return arrivals;
    }

    Caller caller() {
        return caller;
    }

    private void call() {
        Request request = Request.of(calls.nextLong(), model);
        recorder.arrived(index);
        if (time.isStalled()) {
            long meantNanos = time.nanos();
            time.run(() -> caller.call(request, (call, failure) -> ended(meantNanos, failure)));
        } else {
            caller.call(request, ending);
        }
    }

    private void ended(long meantNanos, @Nullable String failure) {
        recorder.callEnded(index, time.nanos() - meantNanos, model.deadline().toNanos(), failure);
    }
}
