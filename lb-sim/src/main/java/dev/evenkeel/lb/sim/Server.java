package dev.evenkeel.lb.sim;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.health.CheckResult;
import dev.evenkeel.lb.time.VirtualTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A simulated server: workers that take requests from one bounded queue in the order of arrival. Work is measured at
 * normal speed; when the speed changes, work under way goes on from where it was. Where there is a next tier, a worker
 * whose work is done calls it, and answers when that call has ended.
 */
final class Server {
    static final Outcome CONNECT_TIMEOUT = Outcome.of(Outcome.Kind.CONNECT_FAILED, "connect timed out");
    private static final Outcome REFUSED = Outcome.of(Outcome.Kind.CONNECT_FAILED, "connection refused");
    private static final Outcome QUEUE_FULL = Outcome.of(Outcome.Kind.UNAVAILABLE, "HTTP 503, queue full");
    static final Outcome ERROR = Outcome.of(Outcome.Kind.UNAVAILABLE, "HTTP 503");
    private static final Outcome NOT_FOUND = Outcome.of(Outcome.Kind.REJECTED, "HTTP 404, another service");
    private static final Outcome NEXT_TIER_FAILED =
            Outcome.of(Outcome.Kind.UNAVAILABLE, "HTTP 503, the next tier failed");
    private static final Outcome BROKEN = Outcome.of(Outcome.Kind.BROKEN, "connection broken");

    private final int index;
    private final Servers model;
    private final VirtualTime time;
    private final Recorder recorder;
    private final Outcome queueFull;
    private final Condition condition = new Condition();
    private final Fate fate = new Fate();
    private final ArrayDeque<Exchange> waiting = new ArrayDeque<>();
    private final List<Exchange> running = new ArrayList<>();
    private final List<Runnable> onCrash = new ArrayList<>();

    private @Nullable Caller nextTier; // null where it answers by itself
    private double speed = 1;
    private int warmUps; // how often it began to warm up; the last one counts

    // Counts for the result.
    private long vanished;
    private long refused;
    private long received;
    private long answered;
    private long broken;
    private long dropped;

    Server(int index, Servers model, VirtualTime time, Recorder recorder) {
        this.index = index;
        this.model = model;
        this.time = time;
        this.recorder = recorder;
        this.queueFull = model.pushbackWhenFull() == null
                ? QUEUE_FULL
                : Outcome.pushback(ERROR.reason(), model.pushbackWhenFull());
    }

    int index() {
        return index;
    }

    Servers model() {
        return model;
    }

    /** From now on its answers need a call to the next tier, or with null none any more. */
    void callNextTierBy(@Nullable Caller caller) {
        nextTier = caller;
    }

    /** Takes a request that arrives. */
    void receive(Exchange exchange) {
        if (condition.isUnreachable()) {
            vanished++;
            exchange.vanish();
        } else if (condition.refusesConnections()) {
            refused++;
            exchange.answer(REFUSED, 0);
        } else {
            received++;
            recorder.received(index);
            admit(exchange);
        }
    }

    private void admit(Exchange exchange) {
        Condition.Errors error = condition.errorFor(exchange.randomKey);
        Blip blip = condition.hitByBlip(exchange.caller());
        exchange.blip = blip;
        if (blip != null && blip.isError()) {
            answer(exchange, ERROR, 0);
        } else if (condition.isStranger()) {
            answer(exchange, NOT_FOUND, 0);
        } else if (error != null) {
            answer(exchange, error.outcome(), error.answerNanos());
        } else if (running.size() < model.workers()) {
            start(exchange);
        } else if (waiting.size() < model.queue()) {
            waiting.add(exchange);
        } else {
            answer(exchange, queueFull, 0);
        }
    }

    private void start(Exchange exchange) {
        exchange.remainingNanos = exchange.demandNanos;
        exchange.slot = running.size();
        running.add(exchange);
        proceed(exchange);
    }

    private void proceed(Exchange exchange) {
        exchange.workingSinceNanos = time.nanos();
        exchange.completion = speed == 0
                ? null
                : time.schedule((long) Math.ceil(exchange.remainingNanos / speed), () -> workDone(exchange));
    }

    private void workDone(Exchange exchange) {
        if (nextTier == null) {
            finish(exchange, Outcome.SUCCESS);
            return;
        }
        exchange.completion = null;
        exchange.awaitsNextTier = true;
        exchange.behind = nextTier.call(
                exchange.requestBehind(),
                (call, failure) -> finish(exchange, failure == null ? Outcome.SUCCESS : NEXT_TIER_FAILED));
    }

    private void finish(Exchange exchange, Outcome outcome) {
        Exchange last = running.remove(running.size() - 1);
        if (last != exchange) {
            running.set(exchange.slot, last);
            last.slot = exchange.slot;
        }
        answer(exchange, outcome, 0);
        takeNext();
    }

    private void takeNext() {
        for (Exchange next = waiting.poll(); next != null; next = waiting.poll()) {
            if (!model.noticesCancel() || !next.isAbandoned()) {
                start(next);
                return;
            }
            dropped++;
        }
    }

    /** What becomes of an attempt to connect. */
    enum Greeting {
        ACCEPTED,
        REFUSED,
        LOST
    }

    /** Returns what becomes of an attempt to connect that arrives now. */
    Greeting greet() {
        if (condition.isUnreachable()) {
            return Greeting.LOST;
        }
        return condition.refusesConnections() ? Greeting.REFUSED : Greeting.ACCEPTED;
    }

    /** Has a task run at each crash that is noticed, which breaks connections. */
    void onCrash(Runnable task) {
        onCrash.add(task);
    }

    /** Returns how a health check that arrives now is answered; null if it is not. */
    @Nullable
    CheckResult check() {
        if (condition.isUnreachable() || speed == 0) {
            return null;
        }
        return condition.passesChecks() ? CheckResult.PASSED : CheckResult.failed("not ready");
    }

    /** What an unreachable server answers is lost, but it does not know. */
    private void answer(Exchange exchange, Outcome outcome, long afterNanos) {
        answered++;
        if (!condition.isUnreachable()) {
            exchange.answer(outcome, afterNanos);
        }
    }

    /** Begins an effect on this server, and returns what ends it. */
    Runnable suffer(Function<Condition, Runnable> effect) {
        return suffer(effect, false);
    }

    private Runnable suffer(Function<Condition, Runnable> effect, boolean crash) {
        Runnable end = effect.apply(condition);
        conditionChanged(crash);
        return () -> {
            end.run();
            conditionChanged(false);
        };
    }

    /** Breaks everything that is here, and refuses what comes. */
    Runnable crash() {
        List<Exchange> lost = new ArrayList<>(running);
        lost.addAll(waiting);
        running.clear();
        waiting.clear();
        for (Exchange exchange : lost) {
            if (exchange.completion != null) {
                exchange.completion.cancel();
            }
            if (exchange.behind != null) {
                exchange.behind.cancel();
            }
            broken++;
            if (!condition.isUnreachable()) {
                exchange.answer(BROKEN, 0);
            }
        }
        if (!condition.isUnreachable()) {
            onCrash.forEach(Runnable::run);
        }
        return suffer(Condition::crash, true);
    }

    /** Begins with a tenth of the capacity, which then grows evenly to the whole. */
    void warmUp(long rampNanos) {
        int warmUp = ++warmUps;
        warm(warmUp, 10, rampNanos / 90);
    }

    private void warm(int warmUp, int percent, long stepNanos) {
        if (warmUp != warmUps) {
            return;
        }
        condition.setWarmth(percent / 100.0);
        conditionChanged(false);
        if (percent < 100) {
            time.schedule(stepNanos, () -> warm(warmUp, percent + 1, stepNanos));
        }
    }

    private void conditionChanged(boolean crash) {
        fate.note(time.elapsed().toNanos(), condition, crash);
        double before = speed;
        speed = condition.speed();
        if (speed == before) {
            return;
        }
        for (Exchange exchange : running) {
            if (exchange.awaitsNextTier) {
                continue;
            }
            double done = (time.nanos() - exchange.workingSinceNanos) * before;
            exchange.remainingNanos = Math.max(0, exchange.remainingNanos - done);
            if (exchange.completion != null) {
                exchange.completion.cancel();
            }
            proceed(exchange);
        }
    }

    /** Counts a request that is answered although it was never sent, as the oracle has it. */
    void countAnswered() {
        received++;
        answered++;
    }

    /** Returns what befell it. */
    Fate fate() {
        return fate;
    }

    ServerCounts counts() {
        return new ServerCounts(
                vanished, refused, received, answered, broken, dropped, waiting.size() + running.size());
    }
}
