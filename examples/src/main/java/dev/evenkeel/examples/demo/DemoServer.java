package dev.evenkeel.examples.demo;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** One HTTP server on the loopback interface that can be made slow, failing or dead, and that counts what reaches it. */
final class DemoServer implements AutoCloseable {
    /** How a server behaves, in a word for the table. */
    enum Mood {
        OK,
        SLOW,
        FAILS,
        DOWN
    }

    static {
        // Without this every second answer on a connection waits 40 ms for the client's acknowledgement (Nagle).
        System.setProperty("sun.net.httpserver.nodelay", "true");
    }

    private static final int BACKLOG = 1024;
    private static final int BIND_ATTEMPTS = 20;

    private final String name;
    private final Duration usualDelay;
    private final ScheduledExecutorService replies;
    private final AtomicLong requests = new AtomicLong();
    private final int port;

    // Written by whoever plays the script, one at a time.
    private HttpServer http;
    private volatile Duration delay;
    private volatile Mood mood = Mood.OK;

    private DemoServer(String name, Duration usualDelay, ScheduledExecutorService replies) throws IOException {
        this.name = name;
        this.usualDelay = usualDelay;
        this.delay = usualDelay;
        this.replies = replies;
        this.http = listen(0);
        this.port = http.getAddress().getPort();
    }

    /**
     * Starts a server on a free port.
     *
     * @param usualDelay how long an answer takes, 30 % more or less
     * @param replies sends the answers when their time has come, so that a slow server holds no threads
     */
    static DemoServer start(String name, Duration usualDelay, ScheduledExecutorService replies) throws IOException {
        return new DemoServer(name, usualDelay, replies);
    }

    private HttpServer listen(int atPort) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), atPort), BACKLOG);
        server.createContext("/", this::handle);
        server.start();
        return server;
    }

    private void handle(HttpExchange exchange) throws IOException {
        requests.incrementAndGet();
        if (mood == Mood.FAILS) {
            reply(exchange, 503, "no");
            return;
        }
        double spread = 0.7 + 0.6 * ThreadLocalRandom.current().nextDouble();
        long nanos = (long) (delay.toNanos() * spread);
        Future<?> unused = replies.schedule(
                () -> {
                    reply(exchange, 200, "{\"order\": 42, \"servedBy\": \"" + name + "\"}");
                    return null;
                },
                nanos,
                TimeUnit.NANOSECONDS);
    }

    /** Nothing once the server is down: an answer that breaks off in its middle would be a failure which no client can hide. */
    private synchronized void reply(HttpExchange exchange, int status, String text) throws IOException {
        try (exchange) {
            if (mood == Mood.DOWN) {
                return;
            }
            byte[] body = text.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    void slowDownTo(Duration newDelay) {
        delay = newDelay;
        mood = Mood.SLOW;
    }

    void failAtOnce() {
        mood = Mood.FAILS;
    }

    void beWell() {
        delay = usualDelay;
        mood = Mood.OK;
    }

    /** Closes the port and every connection; whoever connects now is refused. */
    void kill() {
        synchronized (this) {
            mood = Mood.DOWN;
        }
        http.stop(0); // without the lock, for it waits for those who reply
    }

    /** Listens again at the same port. */
    void revive() throws IOException {
        for (int attempt = 1; ; attempt++) {
            try {
                http = listen(port);
                beWell();
                return;
            } catch (IOException e) { // another process may have borrowed the port for a moment
                if (attempt == BIND_ATTEMPTS) {
                    throw e;
                }
                sleepMillis(50);
            }
        }
    }

    private static void sleepMillis(long millis) {
        try {
            TimeUnit.MILLISECONDS.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    String name() {
        return name;
    }

    String address() {
        return InetAddress.getLoopbackAddress().getHostAddress() + ":" + port;
    }

    Duration delay() {
        return delay;
    }

    Mood mood() {
        return mood;
    }

    long requests() {
        return requests.get();
    }

    @Override
    public void close() {
        kill();
    }
}
