package dev.evenkeel.benchmarks.overload;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.evenkeel.lb.endpoint.Endpoint;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * An HTTP server of four workers, each of which takes 25 to 75 ms for a request. A hundred requests may wait;
 * more get a 503 at once.
 */
final class FullServer implements AutoCloseable {
    static final int WORKERS = 4;
    static final double PER_SECOND = WORKERS / 0.05;

    private static final int MOST_WAITING = 100;
    private static final long SHORTEST_NANOS = 25_000_000;
    private static final long LONGEST_NANOS = 75_000_000;

    private final ScheduledExecutorService answers;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final AtomicLong attempts = new AtomicLong();
    private final long[] freeAt = new long[WORKERS]; // guarded by itself, as is what follows
    private int accepted;
    private final HttpServer server;

    /** Starts one that sends its answers by a timer, so that requests that wait hold no threads. */
    FullServer(ScheduledExecutorService answers) throws IOException {
        this.answers = answers;
        Arrays.fill(freeAt, System.nanoTime());
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1_000);
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    private void handle(HttpExchange exchange) throws IOException {
        attempts.incrementAndGet();
        long wait = accept();
        if (wait < 0) {
            answer(exchange, 503);
        } else {
            Future<?> unused = answers.schedule(() -> finish(exchange), wait, TimeUnit.NANOSECONDS);
        }
    }

    /** Gives a request to the worker that is free first. Returns how long it takes, or -1 if too many wait. */
    private long accept() {
        synchronized (freeAt) {
            if (accepted == WORKERS + MOST_WAITING) {
                return -1;
            }
            accepted++;
            int first = 0;
            for (int i = 1; i < WORKERS; i++) {
                first = freeAt[i] - freeAt[first] < 0 ? i : first;
            }
            long now = System.nanoTime();
            long begin = freeAt[first] - now < 0 ? now : freeAt[first];
            freeAt[first] = begin + ThreadLocalRandom.current().nextLong(SHORTEST_NANOS, LONGEST_NANOS);
            return freeAt[first] - now;
        }
    }

    private void finish(HttpExchange exchange) {
        synchronized (freeAt) {
            accepted--;
        }
        try {
            answer(exchange, 200);
        } catch (IOException e) {
            exchange.close(); // the caller has gone
        }
    }

    private static void answer(HttpExchange exchange, int status) throws IOException {
        exchange.getRequestBody().readAllBytes();
        exchange.sendResponseHeaders(status, -1);
        exchange.close();
    }

    Endpoint endpoint() {
        return Endpoint.of("127.0.0.1", server.getAddress().getPort());
    }

    /** Returns how many requests came in. */
    long attempts() {
        return attempts.get();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
