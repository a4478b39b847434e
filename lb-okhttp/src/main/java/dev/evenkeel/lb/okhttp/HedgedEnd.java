package dev.evenkeel.lb.okhttp;

import dev.evenkeel.lb.call.Outcome;
import java.io.IOException;
import java.util.List;
import okhttp3.Call;
import okhttp3.EventListener;
import org.jspecify.annotations.Nullable;

/**
 * The end of a {@link HedgedCall} that has no answer: its attempts end too, for the reason for which it ends.
 *
 * <p>It listens to the user's call for its cancellation and its end. A cancel may come on the thread that OkHttp has for all time-outs,
 * and what follows from it never waits.
 */
final class HedgedEnd extends EventListener {
    private final Call call;
    private final Race race;
    private final @Nullable Deadline deadline;
    private final Pause pause;

    HedgedEnd(Call call, Race race, @Nullable Deadline deadline, Pause pause) {
        this.call = call;
        this.race = race;
        this.deadline = deadline;
        this.pause = pause;
    }

    /** Ends all attempts, on the caller's thread. */
    void giveUp() {
        List<Contender> open = race.abandon();
        Outcome why = reason();
        try {
            open.forEach(contender -> contender.cancel(why));
            if (!why.equals(Endings.SAID_LATER)) {
                open.forEach(contender -> contender.end(why));
            }
        } finally {
            Ended unwanted = race.best();
            if (unwanted != null) {
                unwanted.close();
            }
        }
    }

    /** Returns why the call is cut off, as far as that is known: whether it was the client's own time-out, only its end will show. */
    private Outcome reason() {
        if (isOutOfTime()) {
            return HttpOutcomes.DEADLINE;
        }
        boolean mayBeTimeout = call.isCanceled() && call.timeout().timeoutNanos() != 0;
        return mayBeTimeout ? Endings.SAID_LATER : Outcome.CANCELLED;
    }

    private boolean isOutOfTime() {
        return deadline != null && deadline.isExpired();
    }

    /** Cancels what is under way, or the response that is being read. What that ends is ended by the threads on which it runs. */
    @Override
    public void canceled(Call cancelled) {
        pause.wake();
        Outcome why = reason();
        race.abandon().forEach(contender -> contender.cancel(why));
        Contender read = race.kept();
        if (read != null) {
            read.call().cancel();
        }
    }

    @Override
    public void callFailed(Call failed, IOException problem) {
        boolean timedOut =
                HttpOutcomes.isInterrupt(problem) && !Thread.currentThread().isInterrupted();
        Outcome why = timedOut || isOutOfTime() ? HttpOutcomes.DEADLINE : Outcome.CANCELLED;
        race.abandoned().forEach(contender -> contender.end(why));
    }

    @Override
    public void callEnd(Call ended) {
        race.abandoned().forEach(contender -> contender.end(Outcome.CANCELLED));
    }
}
