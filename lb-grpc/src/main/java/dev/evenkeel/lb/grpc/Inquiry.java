package dev.evenkeel.lb.grpc;

import io.grpc.LoadBalancer;
import io.grpc.LoadBalancer.Subchannel;
import java.time.Duration;
import java.util.Objects;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Whether one silent connection is dead, question by question: over it, over another one that is made for that, and over it again. Silence alone
 * proves nothing. Only if the other one is answered, or cannot be made, and after that this one is still silent, is it dead. If the other is
 * connected and silent too the server is busy. Used in the channel's context.
 */
final class Inquiry {
    private final LoadBalancer.Helper channel;
    private final EndpointChild child;
    private final Silence silence;
    private final Duration patience;
    private final Duration patienceWithOther;
    private final ConnectQueue queue;
    private final BiConsumer<String, Runnable> execute;
    private final Consumer<Verdict> told;
    private @Nullable Question question; // asked last
    private @Nullable OtherConnection other;
    private boolean ended;

    /** What comes of it. */
    enum Verdict {
        /** It was answered, or nothing is known, or it does not matter any more. */
        ALIVE,
        BUSY,
        DEAD
    }

    /**
     * Makes one.
     *
     * @param patience how long an answer over the connection may take
     * @param patienceWithOther how long making another may take, and an answer over that
     * @param queue says when that may be made
     * @param execute runs a task with this name in the channel's context, and what is thrown stays there
     * @param told is told once of the verdict, unless this is ended before
     */
    Inquiry(
            LoadBalancer.Helper channel,
            EndpointChild child,
            Silence silence,
            Duration patience,
            Duration patienceWithOther,
            ConnectQueue queue,
            BiConsumer<String, Runnable> execute,
            Consumer<Verdict> told) {
        this.channel = channel;
        this.child = child;
        this.silence = silence;
        this.patience = patience;
        this.patienceWithOther = patienceWithOther;
        this.queue = queue;
        this.execute = execute;
        this.told = told;
    }

    void begin() {
        ask(end -> {
            if (isSilent(end)) {
                other = new OtherConnection(
                        channel,
                        child.address(),
                        patienceWithOther,
                        queue,
                        connected -> step(() -> hearOfOther(connected)));
                queue.add(other, false);
            } else {
                conclude(Verdict.ALIVE);
            }
        });
    }

    private void hearOfOther(boolean connected) {
        OtherConnection made = other;
        if (!connected || made == null) {
            askAgain();
            return;
        }
        question = Question.ask(
                made.channel(),
                patienceWithOther,
                end -> step(() -> {
                    if (end == Question.End.ANSWERED) {
                        askAgain();
                    } else {
                        conclude(end == Question.End.SILENCE ? Verdict.BUSY : Verdict.ALIVE);
                    }
                }));
    }

    /** By now the server has been seen to answer, or not to be there. */
    private void askAgain() {
        ask(end -> conclude(isSilent(end) ? Verdict.DEAD : Verdict.ALIVE));
    }

    private boolean isSilent(Question.End end) {
        return end == Question.End.SILENCE && silence.isQuiet();
    }

    private void ask(Consumer<Question.End> then) {
        Subchannel over = Objects.requireNonNull(silence.over(), "calls wait, and none was sent");
        question = Question.ask(over.asChannel(), patience, end -> {
            if (end == Question.End.ANSWERED) {
                silence.heard();
            }
            step(() -> then.accept(end));
        });
    }

    private void step(Runnable next) {
        execute.accept("a question to a silent server", () -> {
            if (!ended) {
                try {
                    next.run();
                } catch (Throwable e) {
                    conclude(Verdict.ALIVE);
                    throw e;
                }
            }
        });
    }

    private void conclude(Verdict verdict) {
        end();
        told.accept(verdict);
    }

    /** Ends it without a verdict. */
    void end() {
        if (!ended) {
            ended = true;
            if (question != null) {
                question.withdraw();
            }
            if (other != null) {
                other.close();
            }
        }
    }
}
