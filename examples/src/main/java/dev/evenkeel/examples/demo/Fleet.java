package dev.evenkeel.examples.demo;

import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.MutableEndpointSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;

/** The servers of the demo, and the list of them that Evenkeel is given. */
final class Fleet implements AutoCloseable {
    private final ScheduledExecutorService replies = Executors.newScheduledThreadPool(2, Threads.named("demo-replies"));
    private final MutableEndpointSource source = MutableEndpointSource.of();
    private final List<DemoServer> servers = new CopyOnWriteArrayList<>();

    /** Starts one server for each delay and puts it on the list. */
    static Fleet start(Duration... delays) {
        Fleet fleet = new Fleet();
        for (Duration delay : delays) {
            fleet.add(delay);
        }
        return fleet;
    }

    /** Starts one server more and puts it on the list. */
    DemoServer add(Duration delay) {
        try {
            DemoServer server = DemoServer.start("orders-" + (servers.size() + 1), delay, replies);
            servers.add(server);
            source.put(Endpoint.of(server.address()).withId(server.name()));
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start a server: " + e.getMessage(), e);
        }
    }

    MutableEndpointSource source() {
        return source;
    }

    List<DemoServer> servers() {
        return servers;
    }

    /** Returns a server by its number, from 1. */
    DemoServer server(int number) {
        return servers.get(number - 1);
    }

    /** Returns what the server of that name does at present. */
    DemoServer.Mood mood(String name) {
        return servers.stream()
                .filter(server -> server.name().equals(name))
                .map(DemoServer::mood)
                .findFirst()
                .orElseThrow();
    }

    /** Returns how many requests have reached servers, retries among them. */
    long requests() {
        return servers.stream().mapToLong(DemoServer::requests).sum();
    }

    @Override
    public void close() {
        servers.forEach(DemoServer::close);
        replies.shutdownNow();
    }
}
