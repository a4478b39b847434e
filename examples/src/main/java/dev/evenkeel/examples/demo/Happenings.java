package dev.evenkeel.examples.demo;

import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.observe.LoadBalancerListener;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/** Everything that happened, in order: what the script did, and what the load balancer said. Safe for use by many threads. */
final class Happenings implements LoadBalancerListener {
    /** Retries come in swarms: of those that concern one endpoint, one line in this time is enough. */
    private static final long RETRY_LINES_APART_NANOS = 5_000_000_000L;

    private final long startNanos;
    private final List<Happening> all = new CopyOnWriteArrayList<>();
    private final AtomicLong retries = new AtomicLong();
    private final Map<String, Long> retryLineNanos =
            new HashMap<>(); // used by onEvent, which is never run twice at once

    Happenings(long startNanos) {
        this.startNanos = startNanos;
    }

    /** Enters something that the script does. */
    void weDid(String words) {
        add(true, words);
    }

    @Override
    public void onEvent(Event event) {
        if (event.type() == Event.Type.RETRY) {
            retries.incrementAndGet();
            if (!isNews(event)) {
                return;
            }
        }
        Endpoint endpoint = event.endpoint();
        String about = endpoint == null ? "" : " " + endpoint.id();
        add(false, event.type() + about + (event.detail().isEmpty() ? "" : " – " + event.detail()));
    }

    private boolean isNews(Event retry) {
        long now = System.nanoTime();
        Long last = retryLineNanos.get(String.valueOf(retry.endpoint()));
        boolean news = last == null || now - last > RETRY_LINES_APART_NANOS;
        if (news) {
            retryLineNanos.put(String.valueOf(retry.endpoint()), now);
        }
        return news;
    }

    private void add(boolean byUs, String words) {
        all.add(new Happening(System.nanoTime() - startNanos, byUs, words));
    }

    List<Happening> all() {
        return List.copyOf(all);
    }

    long retries() {
        return retries.get();
    }
}
