package dev.evenkeel.lb.limit;

/**
 * A fixed number of attempts that may be in flight at a time.
 *
 * @param max how many, 1 to {@link #MOST}
 */
public record InFlightLimit(int max) implements EndpointGuard {
    /** More are not counted. */
    public static final int MOST = 1_000_000;

    public InFlightLimit {
        if (max < 1 || max > MOST) {
            throw new IllegalArgumentException("a limit of attempts in flight is " + max + ", must be 1 to " + MOST);
        }
    }

    @Override
    public boolean admits(int inFlight) {
        return inFlight < max;
    }
}
