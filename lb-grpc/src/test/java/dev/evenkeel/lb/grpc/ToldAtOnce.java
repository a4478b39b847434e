package dev.evenkeel.lb.grpc;

import dev.evenkeel.lb.time.Environment;

/** The system's environment, but for listeners: whoever causes an event has told it before it goes on. */
final class ToldAtOnce {
    private ToldAtOnce() {}

    static Environment environment() {
        Environment system = Environment.system();
        return new Environment(
                system.ticker(), system.scheduler(), system.blocking(), system.random(), system.stalls());
    }
}
