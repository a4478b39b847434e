package dev.evenkeel.lb.sim;

import org.jspecify.annotations.Nullable;

/**
 * The fastest way in which a request can be answered, were it the only one in the fleet.
 *
 * @param server where it goes
 * @param seenNanos when its caller has the answer, in nanoseconds since the run began
 * @param behind how the server gets what it needs from the next tier; null where it needs nothing
 */
record Shortcut(int server, long seenNanos, @Nullable Shortcut behind) {
    /** Finds them. */
    static final class Finder {
        private final Scenario.Fleet fleet;
        private final Foresight foresight;
        private final long delayNanos;
        private final SplitMix64 random;

        Finder(Scenario scenario, Foresight foresight) {
            this.fleet = scenario.fleet();
            this.foresight = foresight;
            this.delayNanos = fleet.networkDelay().toNanos();
            this.random = SplitMix64.stream(scenario.seed(), SplitMix64.Stream.ORACLE, 0);
        }

        /**
         * Returns the fastest way; null if there is none.
         *
         * @param work settles how much work it is, see {@link Request}
         * @param sentNanos when it is sent at the earliest
         */
        @Nullable
        Shortcut find(int tier, long work, long sentNanos) {
            int first = fleet.firstServer(tier);
            int count = fleet.firstServer(tier + 1) - first;
            int start = random.nextInt(count); // the search begins anywhere, so that equals take turns
            Behind behind = new Behind(tier + 1, Request.workBehind(work));
            Shortcut best = null;
            for (int i = 0; i < count; i++) {
                int server = first + (start + i) % count;
                long limit = best == null ? Fate.NEVER : best.seenNanos;
                long seen = seenNanos(server, SplitMix64.unit(work), sentNanos, limit, behind);
                if (seen < limit) {
                    best = new Shortcut(server, seen, behind.latest);
                }
            }
            return best;
        }

        private long seenNanos(int server, double share, long sentNanos, long limitNanos, Behind behind) {
            long heard = foresight.heardNanos().get(server);
            if (heard == Fate.NEVER) {
                return Fate.NEVER;
            }
            long arrival = Math.max(sentNanos, heard) + delayNanos;
            if (arrival >= limitNanos) {
                return Fate.NEVER;
            }
            long demand = fleet.servers().get(server).serviceTime().nanos(share);
            long answered = foresight.fates().get(server).answersNanos(arrival, demand, behind::readyNanos);
            return answered == Fate.NEVER ? Fate.NEVER : answered + delayNanos;
        }

        /** What the servers of a tier need from the next one; the latest answer is kept, as most of them ask at the same moment. */
        private final class Behind {
            private final int tier;
            private final long work;
            private long askedNanos = Fate.NEVER;
            private @Nullable Shortcut latest;

            Behind(int tier, long work) {
                this.tier = tier;
                this.work = work;
            }

            long readyNanos(long doneNanos) {
                if (tier == fleet.tiers()) {
                    return doneNanos;
                }
                if (doneNanos != askedNanos) {
                    askedNanos = doneNanos;
                    latest = find(tier, work, doneNanos);
                }
                return latest == null ? Fate.NEVER : latest.seenNanos;
            }
        }
    }
}
