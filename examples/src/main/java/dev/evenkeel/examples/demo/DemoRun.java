package dev.evenkeel.examples.demo;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.LoadBalancers;
import dev.evenkeel.lb.okhttp.EvenkeelOkHttp;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import okhttp3.OkHttpClient;
import okhttp3.Request;

/** One run of the demo: servers that misbehave, a load balancer over them, callers, and a display. */
final class DemoRun {
    private static final String SERVICE = "orders.svc";
    private static final Request REQUEST =
            new Request.Builder().url("http://" + SERVICE + "/orders/42").build();

    private static final int WARM_UP_REQUESTS = 100;
    private static final long FRAME_MILLIS = 200;

    private final Options options;
    private final CountDownLatch stop;

    /** @param stop ends the run early */
    DemoRun(Options options, CountDownLatch stop) {
        this.options = options;
        this.stop = stop;
    }

    /** Runs and returns how it ended. */
    Frame show(Terminal terminal) throws InterruptedException {
        warmUp();
        EndpointStats stats = new EndpointStats();
        try (Fleet fleet = Fleet.start(millis(5), millis(8), millis(12), millis(20));
                LoadBalancer orders = LoadBalancer.builder(SERVICE)
                        .endpoints(fleet.source())
                        .policy(options.policy().policy())
                        .listener(stats)
                        .build()) {
            OkHttpClient client = EvenkeelOkHttp.wrap(new OkHttpClient(), LoadBalancers.of(orders));
            Stage stage = new Stage(options, fleet, orders, stats);
            return show(stage, new Callers(client, REQUEST), terminal);
        }
    }

    private Frame show(Stage stage, Callers callers, Terminal terminal) throws InterruptedException {
        try (Display display = terminal.interactive() ? new LiveDisplay(terminal) : new PlainDisplay(terminal);
                Traffic traffic = new Traffic(callers, options.requestsPerSecond());
                Script script = stage.script()) {
            traffic.start();
            script.play(options.length());
            while (stage.elapsedNanos() < options.length().toNanos()
                    && !stop.await(FRAME_MILLIS, TimeUnit.MILLISECONDS)) {
                display.show(stage.frame(callers));
            }
            traffic.stop();
            Frame last = stage.frame(callers);
            display.show(last);
            return last;
        }
    }

    /**
     * The first requests of a JVM are slow, whatever they do: they would be the p99 of a short run, and the endpoint that gets them would
     * look slow for a while. So they go to another server.
     */
    private static void warmUp() {
        try (Fleet fleet = Fleet.start(millis(1));
                LoadBalancer orders =
                        LoadBalancer.builder(SERVICE).endpoints(fleet.source()).build()) {
            Callers callers = new Callers(EvenkeelOkHttp.wrap(new OkHttpClient(), LoadBalancers.of(orders)), REQUEST);
            for (int i = 0; i < WARM_UP_REQUESTS; i++) {
                callers.expectOne();
                callers.call(System.nanoTime());
            }
        }
    }

    private static Duration millis(long millis) {
        return Duration.ofMillis(millis);
    }
}
