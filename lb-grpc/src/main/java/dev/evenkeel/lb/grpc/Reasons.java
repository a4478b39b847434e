package dev.evenkeel.lb.grpc;

import dev.evenkeel.lb.text.OneLine;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/** Why something failed, in words for people. */
final class Reasons {
    /** Causes may form a circle. */
    private static final int DEEPEST = 10;

    private Reasons() {}

    /** Returns what a status says, and what was behind it: transports often say {@code io exception} and leave the rest to the cause. */
    static String of(Status status) {
        String said = status.getDescription() == null ? "" : firstLine(status.getDescription());
        Throwable cause = root(status.getCause());
        if (cause == null) {
            return said.isEmpty() ? status.getCode().toString() : said;
        }
        String behind = firstLine(cause.toString());
        return said.isEmpty() ? behind : said + ": " + behind;
    }

    private static @Nullable Throwable root(@Nullable Throwable thrown) {
        @Nullable Throwable root = thrown;
        for (int i = 0; i < DEEPEST && root != null && root.getCause() != null; i++) {
            root = root.getCause();
        }
        return root;
    }

    private static String firstLine(String text) {
        return OneLine.of(text.lines().findFirst().orElse(""));
    }
}
