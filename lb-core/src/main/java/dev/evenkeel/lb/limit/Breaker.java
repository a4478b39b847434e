package dev.evenkeel.lb.limit;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.time.Ticker;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowSynchronizationStrategy;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowType;
import java.io.Serial;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/**
 * A Resilience4j circuit breaker that is fed with our outcomes and lives by our clock. It opens by itself when an outcome makes it; who
 * owns it learns of that from {@link #hasNews}, settles it, and lets its time pass with {@link #timeIsUp}. So nothing here starts a
 * timer or a thread, and Resilience4j's own scheduler is never used.
 *
 * <p>Outcomes and permits may come from any thread; Resilience4j takes a short lock for each outcome. What settles a breaker is called by
 * one thread at a time.
 */
public final class Breaker {
    /**
     * Opens when half of at least 20 attempts in 10 s fail, stays open for 10 s, and then lets 5 attempts try. Of slow
     * answers only what Resilience4j has itself opens it, all of them over 60 s: what is slow depends on the service. Guessed.
     */
    public static final CircuitBreakerConfig DEFAULT = CircuitBreakerConfig.custom()
            .slidingWindow(10, 20, SlidingWindowType.TIME_BASED, SlidingWindowSynchronizationStrategy.SYNCHRONIZED)
            .failureRateThreshold(50)
            .waitDurationInOpenState(Duration.ofSeconds(10))
            .permittedNumberOfCallsInHalfOpenState(5)
            .build();

    /** So much more or less. As in Envoy's and our ejection times, which is a guess there as well. */
    private static final double JITTER = 0.1;

    /** Resilience4j wants a throwable for each failure; ours says nothing, costs nothing, and is never thrown. */
    @SuppressWarnings("StaticAssignmentOfThrowable") // has no stack trace
    private static final Throwable FAILURE = new Failure();

    private final CircuitBreakerConfig config;
    private final CircuitBreaker breaker;
    private volatile Phase phase; // written when the breaker is settled
    private int openings; // in a row, without having closed; used when the breaker is settled

    /** Creates a closed breaker from a config that {@link #checked} has passed. */
    public Breaker(CircuitBreakerConfig config, Ticker ticker) {
        this.config = config;
        this.breaker = CircuitBreaker.of("evenkeel", inOurTime(config, ticker));
        this.phase = new Phase(0, State.CLOSED, "", ticker.nanos(), 0);
    }

    /**
     * A spell in one state.
     *
     * @param number counts the spells
     * @param reason why the breaker came to it, in words
     * @param sinceNanos the clock's reading when it did
     * @param nanos how long it lasts unless an outcome ends it; 0 while closed
     */
    private record Phase(int number, State state, String reason, long sinceNanos, long nanos) {}

    /**
     * Returns the config, if a breaker can be made from it.
     *
     * @throws IllegalArgumentException if it asks for what would not have its meaning here
     */
    public static CircuitBreakerConfig checked(String setting, CircuitBreakerConfig config) {
        if (config.getInitialState() != State.CLOSED) {
            throw new IllegalArgumentException(
                    setting + ".initialState is " + config.getInitialState() + ", must be CLOSED");
        }
        if (config.getSlidingWindowType() == SlidingWindowType.TIME_BASED
                && config.getSlidingWindowSynchronizationStrategy() == SlidingWindowSynchronizationStrategy.LOCK_FREE) {
            throw new IllegalArgumentException(
                    setting + ".slidingWindow is TIME_BASED and LOCK_FREE, must be COUNT_BASED or SYNCHRONIZED:"
                            + " Resilience4j reads that one from the system's clock, whatever clock it is given");
        }
        return config;
    }

    /** What counts as a failure is for outcomes to say, so predicates on exceptions, which would never see one, are replaced. */
    private static CircuitBreakerConfig inOurTime(CircuitBreakerConfig config, Ticker ticker) {
        long origin = ticker.nanos();
        InstantSource source = () -> Instant.EPOCH.plusNanos(ticker.nanos() - origin);
        CircuitBreakerConfig.Builder derived = CircuitBreakerConfig.from(config)
                .clock(source.withZone(ZoneOffset.UTC))
                .currentTimestampFunction(clock -> ticker.nanos(), TimeUnit.NANOSECONDS)
                .automaticTransitionFromOpenToHalfOpenEnabled(false)
                .maxWaitDurationInHalfOpenState(Duration.ZERO)
                .recordException(failure -> true)
                .ignoreException(failure -> false)
                .transitionOnResult(any -> CircuitBreakerConfig.TransitionCheckResult.noTransition());
        return withoutExceptionClasses(derived).build();
    }

    @SuppressWarnings("unchecked") // an array of no classes
    private static CircuitBreakerConfig.Builder withoutExceptionClasses(CircuitBreakerConfig.Builder builder) {
        return builder.recordExceptions().ignoreExceptions();
    }

    /** Returns whether attempts are let through as if there were no breaker. */
    public boolean isClosed() {
        return breaker.getState() == State.CLOSED;
    }

    /** Returns whether so many attempts as the config permits may try whether it is over. */
    public boolean isHalfOpen() {
        return breaker.getState() == State.HALF_OPEN;
    }

    /** Takes a permit of a half-open breaker, and returns whether there was one. Its holder tells so to {@link #onOutcome}. */
    public boolean tryAcquire() {
        return isHalfOpen() && breaker.tryAcquirePermission();
    }

    /** Gives back the permit of an attempt that was not made after all. */
    public void release() {
        breaker.releasePermission();
    }

    /**
     * Learns how an attempt ended. What says nothing about the endpoint only gives back its permit. An attempt without a permit that
     * began before the breaker last changed says nothing about now, and does not count.
     *
     * @param permitted whether the attempt held a permit
     */
    public void onOutcome(Outcome.Kind kind, long startNanos, long latencyNanos, boolean permitted) {
        if (kind.isNeutral()) {
            if (permitted) {
                breaker.releasePermission();
            }
        } else if (permitted || startNanos - phase.sinceNanos >= 0) {
            if (kind.isEndpointFailure()) {
                breaker.onError(latencyNanos, TimeUnit.NANOSECONDS, FAILURE);
            } else {
                breaker.onSuccess(latencyNanos, TimeUnit.NANOSECONDS);
            }
        }
    }

    /** Returns whether the breaker has come to another state since it was last settled. */
    public boolean hasNews() {
        return breaker.getState() != phase.state;
    }

    /**
     * Takes note of the state that the breaker has come to, and returns whether that is new.
     *
     * @param random for the time that it stays open: what the config says, ± 10 %, so that clients whose breakers opened together do not
     *     all try together
     */
    public boolean settle(long nowNanos, RandomGenerator random) {
        State state = breaker.getState();
        if (state == phase.state) {
            return false;
        }
        openings = state == State.CLOSED ? 0 : openings + (state == State.OPEN ? 1 : 0);
        String reason = state == State.OPEN ? findings() : phase.reason;
        phase = new Phase(phase.number + 1, state, reason, nowNanos, patienceNanos(state, random));
        return true;
    }

    /**
     * Closes and forgets everything, for what is guarded is another one now. Settles the breaker by this.
     *
     * @param sinceNanos what began before is about the one before, and does not count
     */
    public void startOver(long sinceNanos) {
        openings = 0;
        phase = new Phase(
                phase.number + 1, State.CLOSED, "", sinceNanos, 0); // first, so that old news does not come through
        breaker.reset();
    }

    private long patienceNanos(State state, RandomGenerator random) {
        if (state == State.CLOSED) {
            return 0;
        }
        if (state == State.HALF_OPEN && isHalfOpenLimited()) {
            return config.getMaxWaitDurationInHalfOpenState().toNanos();
        }
        double nominal = TimeUnit.MILLISECONDS.toNanos(
                config.getWaitIntervalFunctionInOpenState().apply(openings));
        return (long) (nominal * (1 + JITTER * (2 * random.nextDouble() - 1)));
    }

    private boolean isHalfOpenLimited() {
        return config.getMaxWaitDurationInHalfOpenState().toMillis() > 0;
    }

    private String findings() {
        CircuitBreaker.Metrics metrics = breaker.getMetrics();
        int all = metrics.getNumberOfBufferedCalls();
        return metrics.getFailureRate() >= config.getFailureRateThreshold()
                ? metrics.getNumberOfFailedCalls() + " of " + all + " attempts failed"
                : metrics.getNumberOfSlowCalls() + " of " + all + " attempts took longer than "
                        + config.getSlowCallDurationThreshold().toMillis() + " ms";
    }

    /** Returns the state in which the breaker was last settled. */
    public State settledState() {
        return phase.state;
    }

    /** Returns when the spell in this state ends unless an outcome ends it, in nanoseconds from its beginning; 0 while closed. */
    public long patienceNanos() {
        return phase.nanos;
    }

    /** Returns the number of the spell: another one means that the breaker has been in another state since. */
    public int spell() {
        return phase.number;
    }

    /**
     * Learns that its spell is over: open becomes half-open; half-open becomes what the config says. Where the config sets half-open no
     * limit, one attempt more is permitted if none is: those that hold the permits may never end, and the endpoint must not stay out for
     * ever because of them.
     */
    public void timeIsUp() {
        if (breaker.getState() == State.OPEN) {
            breaker.transitionToHalfOpenState();
        } else if (breaker.getState() == State.HALF_OPEN) {
            if (!isHalfOpenLimited()) {
                boolean unused = breaker.tryAcquirePermission(); // then giving it back changes nothing
                breaker.releasePermission();
            } else if (config.getTransitionToStateAfterWaitDuration() == State.CLOSED) {
                breaker.transitionToClosedState();
            } else {
                breaker.transitionToOpenState();
            }
        }
    }

    /** Returns the state in words: why the breaker is not closed, and until when. */
    public String describe(long nowNanos) {
        Phase now = phase;
        return switch (now.state) {
            case CLOSED, DISABLED, METRICS_ONLY -> isClosed() ? "circuit breaker closed" : "circuit breaker opening";
            case HALF_OPEN ->
                "circuit breaker half-open, up to " + config.getPermittedNumberOfCallsInHalfOpenState()
                        + " attempts try: " + now.reason;
            case OPEN, FORCED_OPEN ->
                String.format(
                        Locale.ROOT,
                        "circuit breaker open, half-open in %.1f s: %s",
                        Math.max(0, now.sinceNanos + now.nanos - nowNanos) / 1e9,
                        now.reason);
        };
    }

    /** Returns what the breaker does, in words. */
    public static String describe(CircuitBreakerConfig config) {
        boolean byTime = config.getSlidingWindowType() == SlidingWindowType.TIME_BASED;
        return String.format(
                Locale.ROOT,
                "%.0f %% failures, or %.0f %% slower than %d ms, of %d or more attempts in %d%s",
                config.getFailureRateThreshold(),
                config.getSlowCallRateThreshold(),
                config.getSlowCallDurationThreshold().toMillis(),
                config.getMinimumNumberOfCalls(),
                config.getSlidingWindowSize(),
                byTime ? " s" : "");
    }

    /** Returns the state in which the breaker was last settled. */
    @Override
    public String toString() {
        return String.valueOf(phase.state);
    }

    private static final class Failure extends Exception {
        @Serial
        private static final long serialVersionUID = 1;

        Failure() {
            super("an outcome that counts as a failure", null, false, false);
        }
    }
}
