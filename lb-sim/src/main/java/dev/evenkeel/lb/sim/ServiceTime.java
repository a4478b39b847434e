package dev.evenkeel.lb.sim;

import java.time.Duration;

/**
 * How long a worker that has a whole server's normal speed is busy with a request: a distribution, given as its
 * quantile function.
 *
 * <p>Each call brings a random share, from 0 to less than 1, and takes the time that this share of all requests stays
 * below. A long request is therefore long at every server and for every policy. It must return the same for the same
 * share.
 */
@FunctionalInterface
public interface ServiceTime {
    /** Returns the time that a request of this share takes, in nanoseconds; 0 or more. */
    long nanos(double share);

    /** Every request takes the same. */
    static ServiceTime constant(Duration time) {
        long nanos = Check.positive("service time", time);
        return new Described("constant " + Check.text(time), share -> nanos);
    }

    /** The exponential distribution, of which 37 % take longer than the mean. */
    static ServiceTime exponential(Duration mean) {
        long nanos = Check.positive("mean service time", mean);
        return new QuantileTable(
                "exponential, mean " + Check.text(mean), share -> (long) (nanos * Quantiles.exponential(share)));
    }

    /**
     * The log-normal distribution, which service times of real servers often resemble: half take longer than the
     * median, one in a hundred more than {@code exp(2.33 × sigma)} times the median. The mean is {@code exp(sigma² /
     * 2)} times the median.
     *
     * @param sigma the deviation of the logarithm, 0 to 4; 0.5 is a well-behaved service, 1 a ragged one
     */
    static ServiceTime logNormal(Duration median, double sigma) {
        long nanos = Check.positive("median service time", median);
        Check.range("sigma", sigma, 0, 4);
        return new QuantileTable("log-normal, median " + Check.text(median) + ", sigma " + sigma, share ->
                (long) (nanos * StrictMath.exp(sigma * Quantiles.normal(share))));
    }

    /** A service time with a name to print. */
    record Described(String name, ServiceTime time) implements ServiceTime {
        @Override
        public long nanos(double share) {
            return time.nanos(share);
        }

        @Override
        public String toString() {
            return name;
        }
    }
}
