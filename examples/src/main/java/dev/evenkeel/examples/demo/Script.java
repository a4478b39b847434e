package dev.evenkeel.examples.demo;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** What happens to the servers during the demo, and when. */
final class Script implements AutoCloseable {
    private static final Duration SLOW = Duration.ofMillis(250);
    private static final Duration NEWCOMER = Duration.ofMillis(6);

    private final ScheduledExecutorService clock =
            Executors.newSingleThreadScheduledExecutor(Threads.named("demo-script"));
    private final Fleet fleet;
    private final Consumer<String> announce;

    /** @param announce is told each step, in words */
    Script(Fleet fleet, Consumer<String> announce) {
        this.fleet = fleet;
        this.announce = announce;
    }

    /** Something done to a server. */
    @FunctionalInterface
    interface Act {
        void run() throws IOException;
    }

    /**
     * One thing that happens.
     *
     * @param when in parts of the whole run: 0 is its start, 1 its end
     * @param words what we do, for the viewer
     */
    record Step(double when, String words, Act act) {}

    private List<Step> steps() {
        DemoServer slow = fleet.server(2);
        DemoServer failing = fleet.server(3);
        DemoServer dying = fleet.server(1);
        return List.of(
                new Step(
                        0.10,
                        slow.name() + " slows down: " + Units.latency(SLOW.toNanos()) + " an answer",
                        () -> slow.slowDownTo(SLOW)),
                new Step(0.25, slow.name() + " is as fast as before", slow::beWell),
                new Step(0.30, failing.name() + " answers every request with 503, at once", failing::failAtOnce),
                new Step(0.40, failing.name() + " works again", failing::beWell),
                new Step(0.45, dying.name() + " is killed", dying::kill),
                new Step(0.60, dying.name() + " is started again, on the same port", dying::revive),
                new Step(0.80, "a fifth server joins the list", () -> fleet.add(NEWCOMER)));
    }

    /** Begins; the last step is over well before {@code length} is. */
    void play(Duration length) {
        for (Step step : steps()) {
            Future<?> unused =
                    clock.schedule(() -> perform(step), (long) (step.when() * length.toNanos()), TimeUnit.NANOSECONDS);
        }
    }

    private void perform(Step step) {
        announce.accept(step.words());
        try {
            step.act().run();
        } catch (IOException | RuntimeException e) {
            announce.accept("that did not work: " + e.getMessage());
        }
    }

    /** Ends the script, and waits until a step that is under way is done: else it might start a server that nobody stops. */
    @Override
    public void close() {
        clock.shutdownNow();
        try {
            clock.awaitTermination(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
