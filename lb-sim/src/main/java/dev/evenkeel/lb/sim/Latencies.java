package dev.evenkeel.lb.sim;

import java.time.Duration;
import java.util.Arrays;

/**
 * A distribution of latencies, from the moment at which a call was meant to be sent to its end. A failed call is in it
 * at its deadline, or failing fast would look good.
 *
 * <p>Counts are kept in buckets whose width grows with the latency: each power of two is cut into equal parts, as in
 * HdrHistogram, so that what is read is at most so much off: 0.4 % for the whole run, 3 % for a part of it.
 */
public final class Latencies {
    private final int precision; // each power of two has 2 to the power of this many buckets
    private long[] counts = new long[0]; // of the buckets from the first on
    private int first; // means nothing while there are no counts
    private long count;
    private double sumNanos;
    private long maxNanos;

    private Latencies(int precision) {
        this.precision = precision;
    }

    static Latencies fine() {
        return new Latencies(7);
    }

    static Latencies coarse() {
        return new Latencies(4);
    }

    void add(long nanos) {
        count(bucket(nanos), 1);
        count++;
        sumNanos += nanos;
        maxNanos = Math.max(maxNanos, nanos);
    }

    /** Adds all of another distribution with the same precision. */
    void addAll(Latencies other) {
        for (int i = other.counts.length - 1; i >= 0; i--) {
            if (other.counts[i] > 0) {
                count(other.first + i, other.counts[i]);
            }
        }
        count += other.count;
        sumNanos += other.sumNanos;
        maxNanos = Math.max(maxNanos, other.maxNanos);
    }

    private void count(int bucket, long more) {
        makeRoom(bucket);
        counts[bucket - first] += more;
    }

    /** There is room for the powers of two from the least latency to the greatest. */
    private void makeRoom(int bucket) {
        int power = bucket >> precision << precision;
        int end = power + (1 << precision);
        if (counts.length == 0) {
            first = power;
            counts = new long[end - power];
        } else if (bucket < first) {
            long[] wider = new long[first + counts.length - power];
            System.arraycopy(counts, 0, wider, first - power, counts.length);
            first = power;
            counts = wider;
        } else if (bucket >= first + counts.length) {
            counts = Arrays.copyOf(counts, end - first);
        }
    }

    /** Returns how many of them may be as short as they are and fit into a total: the shortest ones. */
    long shortestThatFit(double totalNanos) {
        if (sumNanos <= totalNanos) {
            return count;
        }
        double left = totalNanos;
        long fitting = 0;
        for (int i = 0; i < counts.length; i++) {
            long low = low(first + i);
            long more = low == 0 ? counts[i] : Math.min(counts[i], (long) (left / low));
            fitting += more;
            left -= (double) more * low;
            if (more < counts[i]) {
                return fitting;
            }
        }
        return fitting;
    }

    /** Returns what tells whether a latency is one of the fastest, as many as told. */
    Fastest fastest(long most) {
        long left = most;
        int i = 0;
        while (i < counts.length && counts[i] <= left) {
            left -= counts[i++];
        }
        return new Fastest(first + i, left);
    }

    /** Takes so many of all latencies as were asked for, the fastest. */
    final class Fastest {
        private final int last; // the bucket of which some are taken
        private long left;

        private Fastest(int last, long left) {
            this.last = last;
            this.left = left;
        }

        boolean takes(long nanos) {
            int bucket = bucket(nanos);
            return bucket < last || (bucket == last && left-- > 0);
        }
    }

    /** Returns how many calls are in it. */
    public long count() {
        return count;
    }

    /**
     * Returns the latency that so many percent of the calls stay below.
     *
     * @param percent more than 0 to 100: 50 is the median
     * @throws IllegalStateException if there are no calls
     */
    public Duration percentile(double percent) {
        if (!(percent > 0 && percent <= 100)) {
            throw new IllegalArgumentException("percent is " + percent + ", must be more than 0 and at most 100");
        }
        requireCalls();
        long rank = (long) Math.ceil(count * percent / 100);
        long below = 0;
        int i = -1;
        while (below < rank) {
            below += counts[++i];
        }
        return Duration.ofNanos(Math.min(maxNanos, middle(first + i)));
    }

    /**
     * Returns the exact mean.
     *
     * @throws IllegalStateException if there are no calls
     */
    public Duration mean() {
        requireCalls();
        return Duration.ofNanos(Math.round(sumNanos / count));
    }

    /**
     * Returns the exact maximum.
     *
     * @throws IllegalStateException if there are no calls
     */
    public Duration max() {
        requireCalls();
        return Duration.ofNanos(maxNanos);
    }

    private void requireCalls() {
        if (count == 0) {
            throw new IllegalStateException("no call ended in this period, so there is no latency");
        }
    }

    /** Small values have a bucket each; of larger ones the leading bits tell the bucket. */
    private int bucket(long nanos) {
        int shift = Math.max(0, 63 - precision - Long.numberOfLeadingZeros(nanos | 1));
        return (shift << precision) + (int) (nanos >>> shift);
    }

    private long middle(int bucket) {
        return low(bucket) + (1L << shift(bucket)) / 2;
    }

    private long low(int bucket) {
        int shift = shift(bucket);
        return (long) (bucket - (shift << precision)) << shift;
    }

    private int shift(int bucket) {
        return Math.max(0, (bucket >> precision) - 1);
    }

    @Override
    public String toString() {
        return count == 0
                ? "none"
                : "p50 " + millis(50) + ", p90 " + millis(90) + ", p99 " + millis(99) + ", p99.9 " + millis(99.9)
                        + " ms";
    }

    private String millis(double percent) {
        long tenths = Math.round(percentile(percent).toNanos() / 1e5);
        return tenths / 10 + "." + tenths % 10;
    }
}
