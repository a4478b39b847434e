package dev.evenkeel.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The demo as its user sees it, in real time and over real sockets. */
class DemoCommandTest {
    private final Output out = new Output("0 failures, p50");
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final DemoCommand command = new DemoCommand(stream(out), stream(err), Map.of());

    @Test
    void callersNoticeNothing() throws Exception {
        int exitCode = command.run("--seconds", "8", "--rps", "100", "--plain");

        String text = text(out);
        assertThat(exitCode).as(text).isZero();
        assertThat(text(err)).isEmpty();
        assertThat(text)
                .containsSubsequence(
                        "orders-2 slows down",
                        "orders-2 is as fast",
                        "orders-3 answers every request with 503",
                        "orders-3 works again",
                        "orders-1 is killed",
                        "orders-1 is started again",
                        "a fifth server joins",
                        "ADDED orders-5")
                .contains("0 failures, p50 ")
                .containsPattern("requests +\\d{3} in \\d\\.\\d s")
                .containsPattern("failures seen by callers +0")
                .containsPattern("amplification +1\\.[01]\\d\\d: servers saw \\d{3} requests")
                .doesNotContain("\033", "did not work");
        assertThatTheDemosThreadsEnd();
    }

    /** Least loaded may have turned away from a server before it dies; taking turns meets every fault. */
    @Test
    void theLoadBalancerSaysWhatItNotices() throws Exception {
        command.run("--seconds", "8", "--rps", "100", "--plain", "--policy", "round-robin");

        assertThat(text(out))
                .containsSubsequence("answers every request with 503", "RETRY orders-3", "HTTP 503", "works again")
                .containsSubsequence("is killed", "UNAVAILABLE orders-1", "CONNECT_FAILED", "AVAILABLE orders-1");
    }

    @Test
    void stoppedEarlyItStillSaysHowItWent() throws Exception {
        CompletableFuture<Integer> exitCode = CompletableFuture.supplyAsync(() -> run("--seconds", "3600", "--plain"));
        out.seen.get(60, TimeUnit.SECONDS);

        command.stop();

        assertThat(exitCode.join()).isZero();
        assertThat(text(out)).containsPattern("failures seen by callers +0");
        assertThatTheDemosThreadsEnd();
    }

    @Test
    void aBadArgumentIsOneLineAndExitCodeTwo() throws Exception {
        assertThat(command.run("--rps", "lots")).isEqualTo(2);

        assertThat(text(err).strip()).isEqualTo("demo: --rps is 'lots', must be a whole number from 1 to 5000");
        assertThat(text(out)).isEmpty();
    }

    @Test
    void helpIsNoError() throws Exception {
        assertThat(command.run("--help")).isZero();

        assertThat(text(out).strip()).startsWith("Evenkeel demo").endsWith("NO_COLOR is set.");
    }

    /** What was written, and a signal that this was among it. */
    private static final class Output extends ByteArrayOutputStream {
        final CompletableFuture<Void> seen = new CompletableFuture<>();
        private final String awaited;

        Output(String awaited) {
            this.awaited = awaited;
        }

        @Override
        public synchronized void write(byte[] bytes, int offset, int length) {
            super.write(bytes, offset, length);
            if (text(this).contains(awaited)) {
                seen.complete(null);
            }
        }
    }

    private int run(String... args) {
        try {
            return command.run(args);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static void assertThatTheDemosThreadsEnd() throws InterruptedException {
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            if (thread.getName().startsWith("demo-") || thread.getName().startsWith("HTTP-Dispatcher")) {
                thread.join(20_000);
                assertThat(thread.isAlive()).as(thread.getName()).isFalse();
            }
        }
    }

    private static PrintStream stream(ByteArrayOutputStream bytes) {
        return new PrintStream(bytes, true, StandardCharsets.UTF_8);
    }

    private static String text(ByteArrayOutputStream bytes) {
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
