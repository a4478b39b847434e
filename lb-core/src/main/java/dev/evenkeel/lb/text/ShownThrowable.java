package dev.evenkeel.lb.text;

import java.io.Serial;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Stands in a log for a throwable whose messages are not safe to show. It has its words, made safe, and its stack trace. */
final class ShownThrowable extends Exception {
    @Serial
    private static final long serialVersionUID = 1;

    /** Chains of causes are short; what comes after this many is left out, and so a circle has an end. */
    private static final int DEEPEST = 20;

    private final String text;

    private ShownThrowable(Throwable original, @Nullable Throwable cause, int depth) {
        super(OneLine.of(String.valueOf(original.getMessage())), cause, true, true);
        this.text = OneLine.of(String.valueOf(original));
        setStackTrace(original.getStackTrace());
        for (Throwable suppressed : original.getSuppressed()) {
            if (depth < DEEPEST) {
                addSuppressed(shown(suppressed, depth + 1));
            }
        }
    }

    static Throwable of(Throwable problem) {
        return isSafe(problem) ? problem : shown(problem, 1);
    }

    private static Throwable shown(Throwable problem, int depth) {
        Throwable cause = problem.getCause();
        return new ShownThrowable(problem, cause == null || depth == DEEPEST ? null : shown(cause, depth + 1), depth);
    }

    @SuppressWarnings("ReferenceEquality") // that is how a safe text is told
    private static boolean isSafe(Throwable problem) {
        Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        Deque<Throwable> left = new ArrayDeque<>();
        left.add(problem);
        for (Throwable next = left.poll(); next != null; next = left.poll()) {
            String said = String.valueOf(next);
            if (said != OneLine.of(said)) {
                return false;
            }
            if (seen.add(next)) {
                Throwable cause = next.getCause();
                if (cause != null) {
                    left.add(cause);
                }
                Collections.addAll(left, next.getSuppressed());
            }
        }
        return true;
    }

    /** Returns what the original returns, made safe: a stack trace begins with it. */
    @Override
    @SuppressWarnings("OverrideThrowableToString") // it has the original's class in it
    public String toString() {
        return text;
    }
}
