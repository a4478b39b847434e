package dev.evenkeel.lb.sim;

import org.jspecify.annotations.Nullable;

/** One client: calls when its time has come, whatever became of the calls before (an open loop). */
final class Client {
    private final int index;
    private final Clients model;
    private final Recorder recorder;
    private final Caller caller;
    private final SplitMix64 calls;
    private final Arrivals arrivals;
    private final LogicalCall.Ending ending = this::ended;

    Client(int index, Clients model, World world, long seed, Route.Router router) {
        this.index = index;
        this.model = model;
        this.recorder = world.recorder();
        this.caller = new Caller(index, model.deadline(), model.connectTimeout(), world, router);
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
        caller.call(request, ending);
    }

    private void ended(LogicalCall call, @Nullable String failure) {
        recorder.callEnded(
                index, caller.nowNanos() - call.startNanos(), model.deadline().toNanos(), failure);
    }
}
