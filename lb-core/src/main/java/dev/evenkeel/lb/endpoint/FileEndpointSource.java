package dev.evenkeel.lb.endpoint;

import dev.evenkeel.lb.time.Environment;
import dev.evenkeel.lb.time.Scheduler;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;

/**
 * A list in a text or JSON file, read again when the file changes. Immutable, so safe for use by many threads.
 *
 * <p>Text has one endpoint a line; everything from a word that begins with {@code #} to the end of the line is a comment. Keys other
 * than these are metadata:
 * <pre>{@code
 * # address        attributes, in any order
 * 10.0.0.1:8080    weight=2 zone=a region=eu priority=1 id=orders-1 terminating=false version=7
 * [2001:db8::1]:80
 * }</pre>
 * An endpoint of weight 0 drains. JSON, in UTF-8 like the text, is an array, or an object with that array as its member {@code endpoints}:
 * <pre>{@code
 * ["10.0.0.2:8080", {"address": "10.0.0.1:8080", "weight": 2, "zone": "a", "region": "eu", "priority": 1,
 *                    "id": "orders-1", "terminating": false, "metadata": {"version": "7"}}]
 * }</pre>
 *
 * <p>What cannot be used costs nothing else: a line or an element that names no endpoint, or gives it a value that is not allowed, is left out;
 * so is a metadata entry, and a JSON key that is unknown. The load balancer announces what was left out and where it stands, and counts it in
 * its description.
 *
 * <p>A file that cannot be used at all is reported as a failure, with the place in it, and the last good list stays: a file that is missing,
 * unreadable, no ordinary file, larger than 16 MiB, not UTF-8, neither text nor JSON, longer than 100,000 endpoints, half-written, or without
 * any entry that can be used though it has some.
 * Half-written means that it changes while it is read, its JSON is not closed, or nothing is in it at
 * all: an empty list must be written as {@code []} or as a comment. Since programs save in several steps, a failure is reported only
 * when it lasts for half a second, and a text without a final line end is taken when it has stayed the same for as long. A text that is cut
 * short for longer cannot be told from a complete one, so programs that write lists should write to another file and rename it.
 *
 * <p>Changes are noticed within about a fifth of a second where the file system tells of them, and otherwise by reading the file every
 * 5 s, give or take a fifth. That finds changes on network file systems, too, and the swaps of links by which Kubernetes updates a
 * mounted ConfigMap.
 */
public final class FileEndpointSource implements EndpointSource {
    /** The settling time is guessed: longer than a program takes to save a file, shorter than a person's patience. */
    private static final RefreshPace DEFAULT_PACE = new RefreshPace(Duration.ofSeconds(5), Duration.ofMillis(500));

    private final Path file;
    private final RefreshPace pace;

    private FileEndpointSource(Path file, RefreshPace pace) {
        this.file = file;
        this.pace = pace;
    }

    /** Returns a source that reads this file; it need not exist yet. */
    public static FileEndpointSource watching(Path file) {
        return new FileEndpointSource(file.toAbsolutePath(), DEFAULT_PACE);
    }

    /** Returns this source with another interval between unprompted readings, 100 ms to one day; 5 s unless set. */
    public FileEndpointSource withInterval(Duration interval) {
        return new FileEndpointSource(file, pace.withInterval(interval));
    }

    @Override
    public Subscription subscribe(Listener listener, Environment environment) {
        Watching watching = new Watching(listener, environment);
        watching.start();
        return watching;
    }

    @Override
    public String toString() {
        return "file " + file;
    }

    /**
     * One subscription: the loop, and the watch that prompts it. The watch is asked from a timer instead of waited for, so that it costs no
     * thread and works in virtual time.
     */
    private final class Watching implements Subscription {
        /** Guessed: a fifth of a second feels immediate, and asking costs well under a microsecond. */
        private static final long ASK_NANOS = 200_000_000;

        private final Environment environment;
        private final EndpointFile content;
        private final DirectoryWatch watch = new DirectoryWatch(file.getParent());
        private final RefreshLoop loop;
        private volatile boolean closed; // set once, by close
        private volatile Scheduler.Scheduled timer = () -> {}; // written by each turn of ask

        Watching(Listener listener, Environment environment) {
            this.environment = environment;
            this.content = new EndpointFile(file, environment.ticker(), pace.settle());
            this.loop = new RefreshLoop(FileEndpointSource.this.toString(), this::look, pace, listener, environment);
        }

        void start() {
            loop.lookNow();
            ask();
        }

        private Report.Found look() throws LookupFailedException {
            watch.renew(); // before reading, so that no change falls in between
            return content.read();
        }

        private void ask() {
            if (closed) {
                return;
            }
            try {
                if (watch.hasChanged()) {
                    loop.lookNow();
                }
            } finally {
                timer = environment.scheduler().schedule(ASK_NANOS, this::ask);
            }
        }

        @Override
        public void close() {
            if (closed) {
                return;
            }
            closed = true;
            timer.cancel();
            loop.close();
            try {
                environment.blocking().execute(watch::close);
            } catch (RejectedExecutionException e) {
                watch.close(); // the program is ending and has no such threads any more
            }
        }
    }
}
