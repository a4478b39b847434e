package dev.evenkeel.lb.sim;

import dev.evenkeel.lb.call.Outcome;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One bad answer of a server that is well before and afterwards: a lost packet, a pause, a request that meets a restart. It takes no
 * work and no worker. {@link Fault#blip} says where. Immutable.
 */
public final class Blip {
    private final String name;
    private final @Nullable Outcome outcome;
    private final long answerNanos;
    private final boolean perClient;

    private Blip(String name, @Nullable Outcome outcome, long answerNanos, boolean perClient) {
        this.name = name;
        this.outcome = outcome;
        this.answerNanos = answerNanos;
        this.perClient = perClient;
    }

    /** The attempt is answered with HTTP 503 at once. */
    public static Blip error() {
        return new Blip("one error", Server.ERROR, 0, false);
    }

    /** The attempt is answered well, but only after this time. */
    public static Blip lateAnswer(Duration after) {
        long nanos = Check.positive("after", after);
        return new Blip("one answer after " + Check.text(after), Outcome.SUCCESS, nanos, false);
    }

    /** The attempt is never answered, and its connection looks alive: the caller must lose patience. */
    public static Blip noAnswer() {
        return new Blip("one lost answer", null, 0, false);
    }

    /** Returns this blip for one attempt of each client, where otherwise it is for one attempt in all. */
    public Blip perClient() {
        return new Blip(name, outcome, answerNanos, true);
    }

    /** Returns how the attempt is answered; null if it is not. */
    @Nullable
    Outcome outcome() {
        return outcome;
    }

    /** Returns how long the answer takes. */
    long answerNanos() {
        return answerNanos;
    }

    boolean isPerClient() {
        return perClient;
    }

    @Override
    public String toString() {
        return perClient ? name + " per client" : name;
    }
}
