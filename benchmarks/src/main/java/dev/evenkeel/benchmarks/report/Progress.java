package dev.evenkeel.benchmarks.report;

import java.io.Console;
import java.io.PrintStream;
import java.util.Map;

/** Says how far a run is: in one line that is written over, or line by line where nobody sees lines being redrawn. Used by one thread. */
final class Progress {
    private static final String CLEAR_REST_OF_LINE = "\033[K";

    private final PrintStream out;
    private final boolean interactive;
    private final int steps;
    private int done;

    Progress(PrintStream out, boolean interactive, int steps) {
        this.out = out;
        this.interactive = interactive;
        this.steps = steps;
    }

    /** Says what comes next. */
    void begin(String what) {
        String text = "[" + ++done + "/" + steps + "] " + what;
        if (interactive) {
            out.print("\r" + text + CLEAR_REST_OF_LINE);
        } else {
            out.print(text + "\n");
        }
        out.flush();
    }

    /** Says what came of it, in place of the last line of progress. */
    void end(String what) {
        out.print(interactive ? "\r" + what + CLEAR_REST_OF_LINE + "\n" : what + "\n");
        out.flush();
    }

    /** Returns whether somebody watches. Until JDK 21 there was a console only where there was a terminal; since then one has to ask it. */
    @SuppressWarnings("SystemConsoleNull") // what it warns of is dealt with here
    static boolean isWatched(Map<String, String> environment) {
        Console console = System.console();
        if (console == null || environment.getOrDefault("TERM", "dumb").equals("dumb")) {
            return false;
        }
        try {
            return (boolean) Console.class.getMethod("isTerminal").invoke(console);
        } catch (ReflectiveOperationException e) {
            return true;
        }
    }
}
