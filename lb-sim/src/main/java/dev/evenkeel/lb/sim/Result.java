package dev.evenkeel.lb.sim;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.observe.Event;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What a run showed. It keeps no call: however many there are and however long the run, it takes about 20 MB, for an hour as for a week, and
 * much less for minutes; see {@link #between}. With keys, it takes 100 bytes more for each. Not safe for use by several threads at once.
 */
public final class Result {
    private final Scenario scenario;
    private final Recorder recorder;
    private final Timeline timeline;
    private @Nullable Result oracle; // made when first asked for; the oracle's own is itself

    private Result(Scenario scenario, Recorder recorder) {
        this.scenario = scenario;
        this.recorder = recorder;
        this.timeline = recorder.timeline();
    }

    static Result of(Scenario scenario) {
        return new Result(scenario, World.run(scenario));
    }

    /**
     * Returns a bound that no load balancer beats on the same arrivals, the same work and the same faults: over the whole run, none has a
     * higher share of successes, a lower mean, or a lower percentile of latency.
     *
     * <p>It is what would happen if each call were the only one, sent by a load balancer that knows what befalls every server, past and
     * future: to the server that answers it first, at the best moment, with luck at whatever is random there. A server takes part once
     * discovery has listed it, and after that even while it is not listed, since a load balancer may still know it. Calls fail where no
     * server can answer them in time, and where there are more than all workers together can do: then the fastest succeed.
     *
     * <p>Apart from that, no call waits for another. So this is not what a load balancer could reach where queues are long, but close to it
     * where they are short. What {@link #between} shows of it is no bound, as a call may end in another part there. It is computed when
     * first asked for, at a cost in proportion to the number of servers.
     */
    public Result oracle() {
        Result best = oracle;
        if (best == null) {
            best = new Result(scenario, OracleRun.run(scenario));
            best.oracle = best;
            oracle = best;
        }
        return best;
    }

    /** Returns the whole run. */
    public Period whole() {
        return new Period(
                timeline.failures(0, timeline.windows()),
                timeline.received(0, timeline.windows()),
                timeline.whole(),
                timeline.picks(0, timeline.windows()));
    }

    /**
     * Returns a part of the run, to the tenth of a second; picks per server are counted by the whole seconds that it
     * touches. What ended after the run belongs to its last part.
     *
     * <p>So that memory is bounded, a run of more than an hour is kept in 36,000 pieces at most, and picks in 4 million counts: there, parts
     * are as exact as that.
     */
    public Period between(Duration from, Duration to) {
        int first = window("from", from);
        int end = window("to", to);
        if (end <= first) {
            throw new IllegalArgumentException("to is " + Check.text(to) + ", must be at least "
                    + Check.text(Duration.ofNanos(timeline.windowNanos())) + " after from, " + Check.text(from));
        }
        return new Period(
                timeline.failures(first, end),
                timeline.received(first, end),
                timeline.latencies(first, end),
                timeline.picks(first, end));
    }

    private int window(String name, Duration moment) {
        Check.notNegative(name, moment);
        if (moment.compareTo(scenario.duration()) > 0) {
            throw new IllegalArgumentException(name + " is " + Check.text(moment)
                    + ", must be at most the run's length, " + Check.text(scenario.duration()));
        }
        return (int) Math.min(timeline.windows(), moment.toNanos() / timeline.windowNanos());
    }

    /** Returns the share of calls that succeeded. */
    public double successRate() {
        return whole().successRate();
    }

    /** Returns how long calls took, over the whole run. */
    public Latencies latency() {
        return timeline.whole();
    }

    /** Returns how many attempts reached the servers that clients call, for each call; see {@link Period#attemptsPerCall(int)}. */
    public double attemptsPerCall() {
        return whole().attemptsPerCall();
    }

    /** Returns how many calls were made. Each has ended once. */
    public long calls() {
        return recorder.arrived();
    }

    /** Returns how many attempts were made, in all tiers, whether or not they reached a server. */
    public long attempts() {
        return recorder.picks();
    }

    /** Returns how many attempts ended so, in all tiers. */
    public long attempts(Outcome.Kind kind) {
        return recorder.outcomes().getOrDefault(kind, 0L);
    }

    /** Returns why calls failed, and how many: the reason of the last attempt, or that there was no endpoint. */
    public Map<String, Long> failures() {
        return Collections.unmodifiableMap(recorder.failures());
    }

    /** Returns how many events of this type all load balancers announced. */
    public long events(Event.Type type) {
        return recorder.events().getOrDefault(type, 0L);
    }

    /** Returns how often all load balancers together announced that this server is out; a failed probe says so again. */
    public int timesOut(int server) {
        Check.range("server", server, 0, servers().size() - 1);
        return recorder.timesOut(server);
    }

    /** Returns what happened at each server. */
    public List<ServerCounts> servers() {
        return recorder.servers();
    }

    /**
     * Returns how many attempts the load balancers took for being in flight when all calls had ended: 0, unless
     * something leaks.
     */
    public int inFlightAtEnd() {
        return recorder.inFlight();
    }

    /**
     * Returns how long after a moment callers noticed nothing any more: of the calls that were meant to be sent in the
     * second that begins then, 99.9 % succeed and 99 % take at most 1.5 times the p99 of the time before the first
     * fault. Zero if it was so at the moment itself; empty if it never was. In runs of more than ten hours it is a longer time than a second,
     * see {@link #between}.
     *
     * @throws IllegalStateException if the run does not begin with a second without faults, to compare with
     */
    public Optional<Duration> timeToRecover(Duration moment) {
        window("moment", moment);
        if (!recorder.recovery().canTell()) {
            throw new IllegalStateException(
                    "there are no calls in a whole second before the first fault, so there is nothing to compare with");
        }
        OptionalLong nanos = recorder.recovery().nanosToRecover(moment.toNanos());
        return nanos.isEmpty() ? Optional.empty() : Optional.of(Duration.ofNanos(nanos.getAsLong()));
    }

    /** Returns a fingerprint of everything that happened, in order. It differs as soon as one pick does. */
    public long digest() {
        return recorder.digest();
    }

    /** Returns what callers saw, in a line. */
    @Override
    public String toString() {
        return whole() + (recorder.failures().isEmpty() ? "" : "; failures " + recorder.failures());
    }
}
