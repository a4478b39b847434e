package dev.evenkeel.lb.sim;

/** One client: calls when its time has come, whatever became of the calls before (an open loop). */
final class Client {
    private final int index;
    private final Clients model;
    private final Recorder recorder;
    private final Calls calls;
    private final SplitMix64 random;
    private final Arrivals arrivals;

    /** What becomes of calls. */
    @FunctionalInterface
    interface Calls {
        /** Takes a call that is meant to be sent now. */
        void call(int client, Clients model, Request request);
    }

    Client(int index, Clients model, World world, long seed, Calls calls) {
        this.index = index;
        this.model = model;
        this.recorder = world.recorder();
        this.calls = calls;
        this.random = SplitMix64.stream(seed, SplitMix64.Stream.CALLS, index);
        this.arrivals = new Arrivals(
                world.time(),
                SplitMix64.stream(seed, SplitMix64.Stream.ARRIVALS, index),
                model.ratePerSecond(),
                this::call);
    }

    Arrivals arrivals() {
        return arrivals;
    }

    private void call() {
        Request request = Request.of(random.nextLong(), model);
        recorder.arrived(index);
        calls.call(index, model, request);
    }
}
