package dev.evenkeel.lb.sim;

import dev.evenkeel.lb.call.RequestKey;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What happened when, in windows of 100 ms. Picks per server are kept in windows of a second, because there may be ten
 * thousand servers; what comes after the end of the run belongs to its last window.
 */
final class Timeline {
    static final long WINDOW_NANOS = 100_000_000L;
    static final long PICK_WINDOW_NANOS = 1_000_000_000L;

    private final int servers;
    private final int[] tiers; // by server
    private final Latencies whole = Latencies.fine();
    private final Latencies[] latencies;
    private final long[] failures;
    private final long[][] received; // by tier and window
    private final int[] picks; // by window and server
    private final int[] withKey; // picks for calls with keys, at the tier that clients call, by window
    private final int[] moved; // those of them that went elsewhere than the one before with the same key
    private final Map<RequestKey, Integer> latest = new HashMap<>(); // where a key was sent last

    Timeline(Scenario.Fleet fleet, Duration duration) {
        servers = fleet.servers().size();
        tiers = IntStream.range(0, servers).map(fleet::tierOf).toArray();
        int windows = windows(duration.toNanos(), WINDOW_NANOS);
        int pickWindows = windows(duration.toNanos(), PICK_WINDOW_NANOS);
        Check.range("server-seconds", (double) servers * pickWindows, 1, Integer.MAX_VALUE - 8);
        latencies = new Latencies[windows];
        Arrays.setAll(latencies, i -> Latencies.coarse());
        failures = new long[windows];
        received = new long[fleet.tiers()][windows];
        picks = new int[pickWindows * servers];
        withKey = new int[pickWindows];
        moved = new int[pickWindows];
    }

    private static int windows(long nanos, long windowNanos) {
        return Math.toIntExact((nanos + windowNanos - 1) / windowNanos);
    }

    void picked(long nanos, int server, @Nullable RequestKey key) {
        int window = (int) Math.min(nanos / PICK_WINDOW_NANOS, withKey.length - 1);
        picks[window * servers + server]++;
        if (key != null && tiers[server] == 0) {
            Integer before = latest.put(key, server);
            if (before != null) {
                withKey[window]++;
                moved[window] += before == server ? 0 : 1;
            }
        }
    }

    void received(long nanos, int server) {
        received[tiers[server]][window(nanos)]++;
    }

    void succeeded(long nanos, long latencyNanos) {
        whole.add(latencyNanos);
        latencies[window(nanos)].add(latencyNanos);
    }

    void failed(long nanos, long latencyNanos) {
        succeeded(nanos, latencyNanos);
        failures[window(nanos)]++;
    }

    private int window(long nanos) {
        return (int) Math.min(nanos / WINDOW_NANOS, failures.length - 1);
    }

    int windows() {
        return failures.length;
    }

    Latencies whole() {
        return whole;
    }

    /** Returns all latencies of the windows from one to before another. */
    Latencies latencies(int from, int to) {
        Latencies sum = Latencies.coarse();
        for (int i = from; i < to; i++) {
            sum.addAll(latencies[i]);
        }
        return sum;
    }

    long calls(int from, int to) {
        return Arrays.stream(latencies, from, to).mapToLong(Latencies::count).sum();
    }

    long failures(int from, int to) {
        return Arrays.stream(failures, from, to).sum();
    }

    /** Returns how many attempts each tier received. */
    long[] received(int from, int to) {
        return Arrays.stream(received)
                .mapToLong(tier -> Arrays.stream(tier, from, to).sum())
                .toArray();
    }

    /** Returns the picks of the seconds from one to before another. */
    Picks picks(int from, int to) {
        int end = Math.min(withKey.length, to);
        long[] sums = new long[servers];
        for (int i = from * servers; i < end * servers; i++) {
            sums[i % servers] += picks[i];
        }
        return new Picks(tiers, sums, sum(withKey, from, end), sum(moved, from, end));
    }

    private static long sum(int[] counts, int from, int to) {
        return Arrays.stream(counts, from, to).asLongStream().sum();
    }
}
