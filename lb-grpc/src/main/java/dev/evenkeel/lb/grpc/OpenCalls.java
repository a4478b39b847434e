package dev.evenkeel.lb.grpc;

import io.grpc.Status;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Which calls of one channel are open. Each adds itself, and hardly any is ever looked for, so adding is what must cost
 * little: calls are linked through themselves, the latest first, in a few stacks, of which a thread uses one. Leaving costs nothing. What has
 * ended stays linked until its stack is swept, which is when as many were added as were open the last time, and a few. Safe for use by many
 * threads.
 */
final class OpenCalls {
    private static final int MOST_STACKS = 64; // guessed
    private static final long GOLDEN_RATIO = 0x9E3779B97F4A7C15L;

    private final Stack[] stacks; // a power of two

    OpenCalls() {
        int processors = Math.min(MOST_STACKS, Runtime.getRuntime().availableProcessors());
        stacks = new Stack[Integer.highestOneBit(2 * processors - 1)];
        for (int i = 0; i < stacks.length; i++) {
            stacks[i] = new Stack();
        }
    }

    /** Adds a call, once. */
    void add(AttemptTracer call) {
        long mixed = Thread.currentThread().getId() * GOLDEN_RATIO;
        stacks[(int) (mixed >>> Integer.SIZE) & (stacks.length - 1)].add(call);
    }

    /** Returns over which connections there are some that would wait for ever. */
    Set<Silence> connections() {
        Set<Silence> found = new HashSet<>();
        visit(call -> {
            if (call.mayWaitForEver()) {
                found.add(call.connection());
            }
        });
        return found;
    }

    /** Ends those over a connection that would wait for ever. */
    void giveUp(Silence connection, Status status) {
        visit(call -> {
            if (call.connection() == connection && call.mayWaitForEver()) {
                call.giveUp(status);
            }
        });
    }

    /** Learns that a connection has ended, and everything over it. */
    void ended(Transport transport) {
        visit(call -> call.endWith(transport));
    }

    private void visit(Consumer<AttemptTracer> visitor) {
        for (Stack stack : stacks) {
            for (AttemptTracer call = firstOpen(stack.latest.get()); call != null; call = firstOpen(call.nextOpen())) {
                visitor.accept(call);
            }
        }
    }

    /** Returns the first that is open of a call and those behind it. */
    private static @Nullable AttemptTracer firstOpen(@Nullable AttemptTracer from) {
        AttemptTracer call = from;
        while (call != null && call.hasEnded()) {
            call = call.nextOpen();
        }
        return call;
    }

    /** Only a sweeper changes links, and there is one at a time; who reads them at the same time finds all that are open. */
    private static final class Stack {
        /** Guessed: so few that they are still in the processor's caches, and keep no memory to speak of. */
        private static final int FEW = 64;

        private final AtomicReference<@Nullable AttemptTracer> latest = new AtomicReference<>();
        private final AtomicBoolean beingSwept = new AtomicBoolean();
        private int untilSweep = FEW; // may miss some that are added at the same time

        void add(AttemptTracer call) {
            AttemptTracer before;
            do {
                before = latest.get();
                call.setNextOpen(before);
            } while (!latest.compareAndSet(before, call));
            if (--untilSweep <= 0 && beingSwept.compareAndSet(false, true)) {
                try {
                    untilSweep = FEW + sweep();
                } finally {
                    beingSwept.set(false);
                }
            }
        }

        /** Returns how many are left. The latest is, even if it has ended, for others link themselves to it. */
        private int sweep() {
            int left = 0;
            AttemptTracer call = latest.get();
            while (call != null) {
                AttemptTracer next = firstOpen(call.nextOpen());
                call.setNextOpen(next);
                call = next;
                left++;
            }
            return left;
        }
    }
}
