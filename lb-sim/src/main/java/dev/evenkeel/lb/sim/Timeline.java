package dev.evenkeel.lb.sim;

import dev.evenkeel.lb.call.RequestKey;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What happened when, in windows of 100 ms. Picks per server are kept in windows of a second, because there may be ten
 * thousand servers; what comes after the end of the run belongs to its last window. Windows are longer in runs that would have too many, so
 * that memory is bounded: {@link #MOST_WINDOWS} of them keep their latencies, in 0.5 to 1 kB each as a rule, and there are at most {@link
 * #MOST_PICK_COUNTS} counts of picks.
 */
final class Timeline {
    static final int MOST_WINDOWS = 36_000; // an hour of the shortest
    static final int MOST_PICK_COUNTS = 4_000_000;

    private static final long SECOND_NANOS = 1_000_000_000L;
    private static final List<Long> PARTS_OF_A_SECOND = List.of(10L, 5L, 2L, 1L);

    private final long windowNanos;
    private final long pickWindowNanos;
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
        windowNanos = windowNanos(duration.toNanos());
        pickWindowNanos = wholeSeconds(duration.toNanos(), MOST_PICK_COUNTS / servers);
        int windows = windows(duration.toNanos(), windowNanos);
        int pickWindows = windows(duration.toNanos(), pickWindowNanos);
        latencies = new Latencies[windows];
        Arrays.setAll(latencies, i -> Latencies.coarse());
        failures = new long[windows];
        received = new long[fleet.tiers()][windows];
        picks = new int[pickWindows * servers];
        withKey = new int[pickWindows];
        moved = new int[pickWindows];
    }

    /** Returns the shortest window that divides a second, or is a number of them. */
    private static long windowNanos(long durationNanos) {
        return PARTS_OF_A_SECOND.stream()
                .map(parts -> SECOND_NANOS / parts)
                .filter(nanos -> windows(durationNanos, nanos) <= MOST_WINDOWS)
                .findFirst()
                .orElseGet(() -> wholeSeconds(durationNanos, MOST_WINDOWS));
    }

    private static long wholeSeconds(long durationNanos, int mostWindows) {
        long seconds = (durationNanos + SECOND_NANOS - 1) / SECOND_NANOS;
        return (seconds + mostWindows - 1) / mostWindows * SECOND_NANOS;
    }

    private static int windows(long nanos, long windowNanos) {
        return Math.toIntExact((nanos + windowNanos - 1) / windowNanos);
    }

    void picked(long nanos, int server, @Nullable RequestKey key) {
        int window = (int) Math.min(nanos / pickWindowNanos, withKey.length - 1);
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
        return (int) Math.min(nanos / windowNanos, failures.length - 1);
    }

    long windowNanos() {
        return windowNanos;
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

    /** Returns the picks from one window to before another; as picks are kept for longer ones, a little more. */
    Picks picks(int fromWindow, int toWindow) {
        int from = (int) (fromWindow * windowNanos / pickWindowNanos);
        int end = Math.min(withKey.length, windows(toWindow * windowNanos, pickWindowNanos));
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
