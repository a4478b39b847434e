package dev.evenkeel.lb.sim;

import org.jspecify.annotations.Nullable;

/** Makes the calls of one client, by its load balancer. What is due while the process stands still is made afterwards. */
final class ClientProcess implements Client.Calls {
    private final int index;
    private final long deadlineNanos;
    private final Caller caller;
    private final ProcessTime time;
    private final Recorder recorder;
    private final LogicalCall.Ending ending = (call, failure) -> ended(call.startNanos(), failure);

    ClientProcess(int index, Clients model, Caller caller, World world) {
        this.index = index;
        this.deadlineNanos = model.deadline().toNanos();
        this.caller = caller;
        this.time = world.clientTime();
        this.recorder = world.recorder();
    }

    @Override
    public void call(int client, Clients model, Request request) {
        if (time.isStalled()) {
            long meantNanos = time.nanos();
            time.run(() -> caller.call(request, (call, failure) -> ended(meantNanos, failure)));
        } else {
            caller.call(request, ending);
        }
    }

    private void ended(long meantNanos, @Nullable String failure) {
        recorder.callEnded(index, time.nanos() - meantNanos, deadlineNanos, failure);
    }
}
