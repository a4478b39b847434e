package dev.evenkeel.lb.sim;

import dev.evenkeel.lb.endpoint.Locality;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What the servers of a group are like. Immutable; change it with the methods that return another.
 *
 * @param workers how many requests one server works on at a time, 1 to 100,000
 * @param queue how many more may wait, in the order in which they came; the next is answered with HTTP 503 at once. 0
 *     or more
 * @param serviceTime how long a worker is busy with a request
 * @param noticesCancel whether a server drops a waiting request whose caller has given up; if not, it does the work for
 *     nobody, as most HTTP/1.1 servers do
 * @param pushbackWhenFull how long a server whose queue is full asks to be spared; null if it answers a plain HTTP 503
 * @param locality the region and the zone that discovery reports
 * @param weight the weight that discovery reports; 0 to 1,000,000, and with 0 callers let the servers drain
 * @param priority the priority that discovery reports; 0 or more
 */
public record Servers(
        int workers,
        int queue,
        ServiceTime serviceTime,
        boolean noticesCancel,
        @Nullable Duration pushbackWhenFull,
        Locality locality,
        double weight,
        int priority) {
    private static final int MOST_WORKERS = 100_000;

    public Servers {
        Check.range("workers", workers, 1, MOST_WORKERS);
        Check.range("queue", queue, 0, Integer.MAX_VALUE);
        Objects.requireNonNull(serviceTime, "serviceTime");
        if (pushbackWhenFull != null) {
            Check.notNegative("pushbackWhenFull", pushbackWhenFull);
        }
        Objects.requireNonNull(locality, "locality");
        Check.range("weight", weight, 0, 1_000_000);
        Check.range("priority", priority, 0, Integer.MAX_VALUE);
    }

    /**
     * Returns servers with so many workers each, a queue of 100, and log-normal service times with a median of 25 ms
     * and sigma 0.5.
     */
    public static Servers workers(int workers) {
        return new Servers(
                workers, 100, ServiceTime.logNormal(Duration.ofMillis(25), 0.5), false, null, Locality.UNKNOWN, 1, 0);
    }

    /** Returns these servers with another bound on their queues. */
    public Servers queue(int newQueue) {
        return new Servers(workers, newQueue, serviceTime, noticesCancel, pushbackWhenFull, locality, weight, priority);
    }

    /** Returns these servers with another service time. */
    public Servers serviceTime(ServiceTime newServiceTime) {
        return new Servers(workers, queue, newServiceTime, noticesCancel, pushbackWhenFull, locality, weight, priority);
    }

    /** Returns these servers dropping waiting requests whose callers have given up, as gRPC servers can. */
    public Servers noticingCancel() {
        return new Servers(workers, queue, serviceTime, true, pushbackWhenFull, locality, weight, priority);
    }

    /**
     * Returns these servers asking callers for a pause when their queues are full: HTTP 503 with Retry-After instead of a plain 503, which
     * is pushback and no failure.
     *
     * @param pause how long they ask to be spared; may be zero
     */
    public Servers pushbackWhenFull(Duration pause) {
        return new Servers(workers, queue, serviceTime, noticesCancel, pause, locality, weight, priority);
    }

    /** Returns these servers in a zone. */
    public Servers zone(String newZone) {
        return in(new Locality(locality.region(), newZone));
    }

    /** Returns these servers in a region. */
    public Servers region(String newRegion) {
        return in(new Locality(newRegion, locality.zone()));
    }

    private Servers in(Locality newLocality) {
        return new Servers(workers, queue, serviceTime, noticesCancel, pushbackWhenFull, newLocality, weight, priority);
    }

    /** Returns these servers with another weight, 0 to 1,000,000; with 0 they get nothing. */
    public Servers weight(double newWeight) {
        return new Servers(workers, queue, serviceTime, noticesCancel, pushbackWhenFull, locality, newWeight, priority);
    }

    /** Returns these servers in another priority, 0 or more; the lowest is used first. */
    public Servers priority(int newPriority) {
        return new Servers(workers, queue, serviceTime, noticesCancel, pushbackWhenFull, locality, weight, newPriority);
    }
}
