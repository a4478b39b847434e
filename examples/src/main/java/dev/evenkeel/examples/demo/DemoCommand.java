package dev.evenkeel.examples.demo;

import java.io.PrintStream;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/** The demo as a command: arguments in, text and an exit code out. Used once. */
public final class DemoCommand {
    /** Evenkeel logs its events; here they are in the picture already. Held here, because the JDK forgets loggers nobody holds. */
    private static final Logger LOG = Logger.getLogger("dev.evenkeel.lb");

    private static final int OK = 0;
    private static final int CALLERS_SAW_FAILURES = 1;
    private static final int BAD_ARGUMENT = 2;

    private static final long GOODBYE_SECONDS = 3;

    private final PrintStream out;
    private final PrintStream err;
    private final Map<String, String> environment;
    private final CountDownLatch stop = new CountDownLatch(1);
    private final CountDownLatch ended = new CountDownLatch(1);

    /** @param environment the environment's variables */
    public DemoCommand(PrintStream out, PrintStream err, Map<String, String> environment) {
        this.out = out;
        this.err = err;
        this.environment = environment;
    }

    /** Runs to the end and returns the exit code. */
    public int run(String... args) throws InterruptedException {
        try {
            Options options = Options.parse(args);
            if (options.help()) {
                out.println(Options.USAGE);
                return OK;
            }
            LOG.setLevel(Level.OFF);
            return run(options);
        } catch (BadArgument e) {
            err.println("demo: " + e.getMessage());
            return BAD_ARGUMENT;
        } finally {
            ended.countDown();
        }
    }

    private int run(Options options) throws InterruptedException {
        Terminal detected = Terminal.detect(out, environment);
        Terminal terminal = options.plain() ? detected.asPlain() : detected;
        Frame last = new DemoRun(options, stop).show(terminal);
        terminal.write(Summary.of(last));
        return last.totals().failures() == 0 ? OK : CALLERS_SAW_FAILURES;
    }

    /** Ends the run early and waits a little for its summary. */
    public void stop() {
        stop.countDown();
        try {
            ended.await(GOODBYE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
