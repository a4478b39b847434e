package dev.evenkeel.lb.grpc;

import dev.evenkeel.lb.time.Environment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Has addresses found on threads that may block, many at a time, so that a name server that is silent about one name keeps no other waiting.
 * Safe for use by many threads.
 */
final class AddressLookups {
    /** How many may be under way. Guessed: each may hold a thread for as long as a name server is silent. */
    private static final int AT_A_TIME = 50;

    private final AddressFinder finder;
    private final Executor blocking;
    private final Runnable answered;
    private final Queue<Answer> answers = new ConcurrentLinkedQueue<>();

    private final Queue<ListedEndpoint> waiting = new ArrayDeque<>(); // guarded by itself
    private int running; // guarded by waiting

    private record Answer(ListedEndpoint of, AddressFinder.Found found) {}

    /**
     * Creates one.
     *
     * @param answered is run on any thread when there are answers
     */
    AddressLookups(AddressFinder finder, Executor blocking, Runnable answered) {
        this.finder = finder;
        this.blocking = blocking;
        this.answered = answered;
    }

    /** Begins to find the addresses of some endpoints. Those that nothing needs to be looked up for are done in one go. */
    void begin(Collection<ListedEndpoint> asked) {
        List<ListedEndpoint> fixed = new ArrayList<>();
        int more;
        synchronized (waiting) {
            for (ListedEndpoint each : asked) {
                (each.isFixed() ? fixed : waiting).add(each);
            }
            more = Math.min(AT_A_TIME - running, waiting.size());
            running += more;
        }
        if (!fixed.isEmpty()) {
            execute(() -> {
                fixed.forEach(this::find);
                answered.run();
            });
        }
        for (int i = 0; i < more; i++) {
            execute(this::work);
        }
    }

    private void execute(Runnable task) {
        try {
            blocking.execute(task);
        } catch (RuntimeException e) { // an executor that is full, or was shut down
            Environment.system().blocking().execute(task);
        }
    }

    private void work() {
        for (ListedEndpoint next = next(); next != null; next = next()) {
            find(next);
            answered.run();
        }
    }

    private @Nullable ListedEndpoint next() {
        synchronized (waiting) {
            ListedEndpoint next = waiting.poll();
            running -= next == null ? 1 : 0;
            return next;
        }
    }

    private void find(ListedEndpoint each) {
        answers.add(new Answer(each, finder.find(each.endpoint())));
    }

    /** Takes what was found until now; in the channel's context. */
    void takeAnswers(BiConsumer<ListedEndpoint, AddressFinder.Found> taker) {
        for (Answer answer = answers.poll(); answer != null; answer = answers.poll()) {
            taker.accept(answer.of(), answer.found());
        }
    }
}
