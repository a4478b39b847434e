package dev.evenkeel.lb.sim;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * How many calls can be answered at most, since there are only so many workers: the calls that are meant to be sent in a block of time have
 * their work done between its beginning and the last of their deadlines, and at best it is the shortest of them that are answered.
 *
 * <p>A run is cut into 64 pieces, or into seconds if it is shorter. A block is any number of them; the blocks that prove most are found by
 * dynamic programming.
 */
final class Capacity {
    private static final int MOST_PIECES = 64;
    private static final long LEAST_PIECE_NANOS = 1_000_000_000L;

    private final Scenario scenario;
    private final Foresight foresight;
    private final long pieceNanos;
    private final long latestNanos; // how long after the end of a block work for it may be done
    private final List<List<ServiceTime>> serviceTimes = new ArrayList<>(); // by tier
    private final Latencies[][] demands; // by tier and piece
    private final Latencies[] latencies; // by piece

    Capacity(Scenario scenario, Foresight foresight) {
        this.scenario = scenario;
        this.foresight = foresight;
        long duration = scenario.duration().toNanos();
        pieceNanos = Math.max(LEAST_PIECE_NANOS, (duration + MOST_PIECES - 1) / MOST_PIECES);
        latestNanos = scenario.fleet().clients().stream()
                .mapToLong(clients -> clients.deadline().toNanos())
                .max()
                .orElseThrow();
        int pieces = (int) ((duration + pieceNanos - 1) / pieceNanos);
        demands = new Latencies[scenario.fleet().tiers()][];
        for (int tier = 0; tier < demands.length; tier++) {
            demands[tier] = empty(pieces);
            serviceTimes.add(
                    servers(tier).stream().map(Servers::serviceTime).distinct().toList());
        }
        latencies = empty(pieces);
    }

    private List<Servers> servers(int tier) {
        Scenario.Fleet fleet = scenario.fleet();
        return fleet.servers().subList(fleet.firstServer(tier), fleet.firstServer(tier + 1));
    }

    private static Latencies[] empty(int pieces) {
        Latencies[] empty = new Latencies[pieces];
        Arrays.setAll(empty, i -> Latencies.fine());
        return empty;
    }

    private int piece(long nanos) {
        return (int) Math.min(latencies.length - 1, nanos / pieceNanos);
    }

    /** Notes a call that could be answered in time, were it the only one. */
    void add(long meantNanos, Request request, long latencyNanos) {
        int piece = piece(meantNanos);
        latencies[piece].add(latencyNanos);
        long work = request.work();
        for (int tier = 0; tier < demands.length; tier++) {
            demands[tier][piece].add(leastDemandNanos(tier, SplitMix64.unit(work)));
            work = Request.workBehind(work);
        }
    }

    private long leastDemandNanos(int tier, double share) {
        long least = Long.MAX_VALUE;
        for (ServiceTime time : serviceTimes.get(tier)) {
            least = Math.min(least, time.nanos(share));
        }
        return least;
    }

    /** Returns which of the calls are answered, so that they are as many and as fast as can be. */
    Admission admission() {
        return IntStream.range(0, demands.length)
                .mapToObj(this::leastBlocks)
                .min(Comparator.comparingLong(Blocks::answered))
                .map(Admission::new)
                .orElseThrow();
    }

    /**
     * The first pieces of a run, cut into blocks.
     *
     * @param answered how many calls in all of them can be answered at most
     * @param before those before the last; null at the beginning of the run
     * @param firstPiece the first one of the last block
     * @param inLast how many calls in the last block can be answered at most
     */
    private record Blocks(long answered, @Nullable Blocks before, int firstPiece, long inLast) {}

    private Blocks leastBlocks(int tier) {
        List<Blocks> best = new ArrayList<>(Collections.nCopies(latencies.length + 1, new Blocks(0, null, 0, 0)));
        for (int first = 0; first < latencies.length; first++) {
            Blocks before = best.get(first);
            Latencies all = Latencies.fine();
            for (int end = first + 1; end <= latencies.length; end++) {
                all.addAll(demands[tier][end - 1]);
                long answered = all.shortestThatFit(workNanos(tier, first, end));
                if (first == 0 || before.answered + answered < best.get(end).answered) {
                    best.set(end, new Blocks(before.answered + answered, before, first, answered));
                }
            }
        }
        return best.get(latencies.length);
    }

    private static Latencies sum(Latencies[] pieces, int first, int end) {
        Latencies sum = Latencies.fine();
        for (int i = first; i < end; i++) {
            sum.addAll(pieces[i]);
        }
        return sum;
    }

    private double workNanos(int tier, int first, int end) {
        Scenario.Fleet fleet = scenario.fleet();
        long from = first * pieceNanos;
        long to = end == latencies.length ? scenario.duration().toNanos() : end * pieceNanos;
        long latest = foresight.clientActsNanos(to) + latestNanos;
        double work = 0;
        for (int i = fleet.firstServer(tier); i < fleet.firstServer(tier + 1); i++) {
            long heard = foresight.heardNanos().get(i);
            if (heard < latest) {
                work += fleet.servers().get(i).workers()
                        * foresight.fates().get(i).workNanos(Math.max(from, heard), latest);
            }
        }
        return work;
    }

    /** Decides which calls are answered: in each block the fastest, as many as can be. */
    final class Admission {
        private final List<Latencies.Fastest> byPiece = new ArrayList<>();

        private Admission(Blocks last) {
            int end = latencies.length;
            for (Blocks block = last; block != null && block.before != null; block = block.before) {
                Latencies.Fastest fastest =
                        sum(latencies, block.firstPiece, end).fastest(block.inLast);
                byPiece.addAll(0, Collections.nCopies(end - block.firstPiece, fastest));
                end = block.firstPiece;
            }
        }

        boolean admits(long meantNanos, long latencyNanos) {
            return byPiece.get(piece(meantNanos)).takes(latencyNanos);
        }
    }
}
