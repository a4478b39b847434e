package dev.evenkeel.lb.sim;

import dev.evenkeel.lb.call.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is wrong with a server. Faults may overlap, also of the same kind, so each is noted when it begins and taken
 * away when it ends.
 */
final class Condition {
    private final List<Double> slowdowns = new ArrayList<>();
    private final List<Errors> errors = new ArrayList<>();
    private final List<PendingBlip> blips = new ArrayList<>();
    private int stalls;
    private int refusals;
    private int crashes;
    private int partitions;
    private int strangers;
    private int maintenances;
    private double warmth = 1;

    /** Some requests are answered badly after a while, without any work. */
    record Errors(double probability, long answerNanos, Outcome outcome) {
        static Errors of(double probability, Duration answerTime, Outcome outcome) {
            Check.range("probability", probability, 0, 1);
            return new Errors(probability, Check.notNegative("answerTime", answerTime), outcome);
        }
    }

    /** A blip, and the callers that it has hit. */
    private static final class PendingBlip {
        private final Blip blip;
        private final BitSet hit = new BitSet();

        PendingBlip(Blip blip) {
            this.blip = blip;
        }
    }

    /** Returns how much work is done in a unit of time; 1 is normal, 0 is frozen. */
    double speed() {
        double speed = stalls > 0 ? 0 : warmth;
        for (double factor : slowdowns) {
            speed /= factor;
        }
        return speed;
    }

    /** Returns whether nothing gets through to the server, nor from it. */
    boolean isUnreachable() {
        return partitions > 0;
    }

    boolean refusesConnections() {
        return refusals > 0;
    }

    /** Returns whether another service is at the server's address. */
    boolean isStranger() {
        return strangers > 0;
    }

    /** Returns whether a health check passes now, given that it gets through. */
    boolean passesChecks() {
        return maintenances == 0 && refusals == 0 && strangers == 0;
    }

    /** Returns whether a request that arrives now may be answered well, given luck. */
    boolean mayAnswerWell() {
        return partitions == 0
                && refusals == 0
                && strangers == 0
                && errors.stream().noneMatch(error -> error.probability >= 1);
    }

    /** Returns whether there is no process. */
    boolean isDown() {
        return crashes > 0;
    }

    /** Returns the error that befalls a request with this random key, or null. */
    @Nullable
    Errors errorFor(long key) {
        for (int i = 0; i < errors.size(); i++) {
            if (SplitMix64.unit(SplitMix64.mix(key + i)) < errors.get(i).probability) {
                return errors.get(i);
            }
        }
        return null;
    }

    /** Returns the blip that hits an attempt of this caller, and lets it hit no other; or null. */
    @Nullable
    Blip hitByBlip(int caller) {
        for (PendingBlip pending : blips) {
            if (!pending.blip.isPerClient()) {
                blips.remove(pending);
                return pending.blip;
            }
            if (!pending.hit.get(caller)) {
                pending.hit.set(caller);
                return pending.blip;
            }
        }
        return null;
    }

    Runnable slow(double factor) {
        slowdowns.add(factor);
        return () -> slowdowns.remove(factor);
    }

    Runnable stall() {
        stalls++;
        return () -> stalls--;
    }

    Runnable refuse() {
        refusals++;
        return () -> refusals--;
    }

    Runnable crash() {
        crashes++;
        Runnable end = refuse();
        return () -> {
            crashes--;
            end.run();
        };
    }

    Runnable isolate() {
        partitions++;
        return () -> partitions--;
    }

    Runnable giveAwayAddress() {
        strangers++;
        return () -> strangers--;
    }

    Runnable maintain() {
        maintenances++;
        return () -> maintenances--;
    }

    Runnable fail(Errors newErrors) {
        errors.add(newErrors);
        return () -> errors.remove(newErrors);
    }

    Runnable blip(Blip blip) {
        PendingBlip pending = new PendingBlip(blip);
        blips.add(pending);
        return () -> blips.remove(pending);
    }

    void setWarmth(double newWarmth) {
        warmth = newWarmth;
    }
}
