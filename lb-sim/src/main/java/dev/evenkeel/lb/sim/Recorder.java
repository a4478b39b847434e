package dev.evenkeel.lb.sim;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.RequestKey;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.time.VirtualTime;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Writes down what happens during a run, and a digest of all of it. */
final class Recorder {
    private static final int ARRIVED = 1;
    private static final int PICKED = 2;
    private static final int RECEIVED = 3;
    private static final int ATTEMPT_ENDED = 4;
    private static final int CALL_ENDED = 5;
    private static final int EVENT = 6;

    private final VirtualTime time;
    private final long originNanos;
    private final Timeline timeline;
    private final RecoveryWatch recovery;
    private final Map<String, Long> failures = new TreeMap<>();
    private final Map<Outcome.Kind, Long> outcomes = new EnumMap<>(Outcome.Kind.class);
    private final Map<Event.Type, Long> events = new EnumMap<>(Event.Type.class);
    private final int[] timesOut;
    private long arrived;
    private long picks;
    private long attemptsEnded;
    private long digest;

    // Written once, at the end.
    private int inFlight;
    private List<ServerCounts> servers = List.of();

    Recorder(VirtualTime time, Scenario scenario) {
        int servers = scenario.fleet().servers().size();
        this.time = time;
        this.originNanos = time.nanos();
        this.timeline = new Timeline(scenario.fleet(), scenario.duration());
        this.recovery = new RecoveryWatch(timeline, scenario.undisturbedNanos());
        this.timesOut = new int[servers];
    }

    void arrived(int client) {
        arrived++;
        digest(ARRIVED, client, 0);
    }

    void picked(int caller, int server, @Nullable RequestKey key) {
        picks++;
        timeline.picked(nowNanos(), server, key);
        digest(PICKED, caller, server);
    }

    void received(int server) {
        timeline.received(nowNanos(), server);
        digest(RECEIVED, server, 0);
    }

    void attemptEnded(int caller, int server, Outcome outcome) {
        attemptsEnded++;
        outcomes.merge(outcome.kind(), 1L, Long::sum);
        digest(ATTEMPT_ENDED, (long) caller << 32 | server, outcome.reason().hashCode());
    }

    void callEnded(int client, long elapsedNanos, long deadlineNanos, @Nullable String failure) {
        callEnds(client, nowNanos(), elapsedNanos, deadlineNanos, failure);
    }

    /** Notes at once how a call will end. */
    void callWillEnd(int client, long latencyNanos, @Nullable String failure) {
        callEnds(client, nowNanos() + latencyNanos, latencyNanos, latencyNanos, failure);
    }

    private void callEnds(int client, long now, long elapsedNanos, long deadlineNanos, @Nullable String failure) {
        long latency = failure == null ? elapsedNanos : Math.max(elapsedNanos, deadlineNanos);
        if (failure == null) {
            timeline.succeeded(now, latency);
        } else {
            timeline.failed(now, latency);
            failures.merge(failure, 1L, Long::sum);
        }
        recovery.ended(now - elapsedNanos, latency, failure == null);
        digest(CALL_ENDED, client, failure == null ? 0 : failure.hashCode());
    }

    void event(int caller, Event event) {
        events.merge(event.type(), 1L, Long::sum);
        Endpoint endpoint = event.endpoint();
        int server = endpoint == null ? -1 : Discovery.indexOf(endpoint);
        if (endpoint != null && event.type() == Event.Type.UNAVAILABLE) {
            timesOut[server]++;
        }
        digest(EVENT, (long) caller << 32 | server, event.type().name().hashCode());
    }

    void finish(int attemptsInFlight, List<Server> all) {
        inFlight = attemptsInFlight;
        servers = all.stream().map(Server::counts).toList();
    }

    private long nowNanos() {
        return time.nanos() - originNanos;
    }

    private void digest(int what, long who, long how) {
        digest = SplitMix64.mix(digest ^ nowNanos()) + (who * 31 + how) * 31 + what;
    }

    Timeline timeline() {
        return timeline;
    }

    RecoveryWatch recovery() {
        return recovery;
    }

    Map<String, Long> failures() {
        return failures;
    }

    Map<Outcome.Kind, Long> outcomes() {
        return outcomes;
    }

    Map<Event.Type, Long> events() {
        return events;
    }

    int timesOut(int server) {
        return timesOut[server];
    }

    long arrived() {
        return arrived;
    }

    long picks() {
        return picks;
    }

    long attemptsEnded() {
        return attemptsEnded;
    }

    long digest() {
        return digest;
    }

    int inFlight() {
        return inFlight;
    }

    List<ServerCounts> servers() {
        return servers;
    }
}
