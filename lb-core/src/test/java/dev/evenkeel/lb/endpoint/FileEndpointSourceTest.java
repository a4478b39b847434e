package dev.evenkeel.lb.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.evenkeel.lb.time.Environment;
import dev.evenkeel.lb.time.VirtualTime;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FileEndpointSourceTest {
    /** With its jitter, the default interval of 5 s ends within this. */
    private static final Duration ONE_ROUND = Duration.ofSeconds(6);

    /** So long that whatever is noticed was noticed by the watch. */
    private static final Duration NEVER_POLL = Duration.ofDays(1);

    @TempDir
    Path directory;

    private final VirtualTime time = new VirtualTime();
    private final RecordingListener listener = new RecordingListener();
    private EndpointSource.Subscription subscription = () -> {};

    @AfterEach
    void close() {
        subscription.close();
        time.advance(Duration.ZERO);
    }

    @Test
    void aListIsReportedOnceAndAgainWhenItChanges() throws IOException {
        Path file = write("a:1\nb:1 weight=2\n");
        start(file);
        assertThat(listener.latestList())
                .containsExactly(Endpoint.of("a:1"), Endpoint.of("b:1").withWeight(2));

        time.advance(Duration.ofMinutes(1));
        assertThat(listener.reports()).hasSize(1);

        write("[\"a:1\"]");
        time.advance(ONE_ROUND);
        assertThat(listener.reports()).hasSize(2);
        assertThat(listener.latestIds()).containsExactly("a:1");
    }

    @Test
    void anotherSpellingOfTheSameListIsNoChange() throws IOException {
        start(write("a:1\n"));

        write("# a comment\na:1 weight=1\n");
        time.advance(ONE_ROUND);

        assertThat(listener.reports()).hasSize(1);
    }

    @Test
    void aChangeThatLeavesSizeAndTimeAsTheyWereIsSeen() throws IOException {
        Path file = write("a:1\n");
        var modified = Files.getLastModifiedTime(file);
        start(file);

        write("b:1\n");
        Files.setLastModifiedTime(file, modified);
        time.advance(ONE_ROUND);

        assertThat(listener.latestIds()).containsExactly("b:1");
    }

    @Test
    void anEmptyListIsBelievedWhenItSaysSo() throws IOException {
        start(write("a:1\n"));

        write("# all gone\n");
        time.advance(ONE_ROUND);

        assertThat(listener.latestList()).isEmpty();
    }

    @Test
    void aBrokenFileIsOneFailureAndItsRepairIsReportedEvenIfTheListIsTheSame() throws IOException {
        Path file = write("a:1\n");
        start(file);

        write("b:0\n");
        time.advance(Duration.ofMinutes(1));
        write("a:1\n");
        time.advance(ONE_ROUND);

        assertThat(listener.reports())
                .containsExactly(
                        List.of(Endpoint.of("a:1")),
                        "file " + file
                                + " cannot be used: no entry can be used: line 1: address 'b:0' is malformed: the port is"
                                + " 0, must be 1 to 65535; the line is left out",
                        List.of(Endpoint.of("a:1")));
    }

    @Test
    void oneBadLineCostsNoOther() throws IOException {
        start(write("a:1\nb:0\nc:1\n"));
        time.advance(Duration.ofMinutes(1));

        assertThat(listener.reports()).containsExactly(List.of(Endpoint.of("a:1"), Endpoint.of("c:1")));
        assertThat(listener.omissions().reasons())
                .singleElement()
                .asString()
                .startsWith("line 2: address 'b:0' is malformed");
    }

    @Test
    void eachNewReasonIsReported() throws IOException {
        Path file = start(write("a:0\n"));
        time.advance(ONE_ROUND);

        write("b:0\n");
        time.advance(ONE_ROUND);
        Files.delete(file);
        time.advance(ONE_ROUND);

        assertThat(listener.reports()).hasSize(3);
        assertThat(listener.reports().get(0)).asString().contains("a:0");
        assertThat(listener.reports().get(1)).asString().contains("b:0");
        assertThat(listener.latestFailure()).isEqualTo("file " + file + " does not exist");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\n", "[\"a:1\"", "{\"endpoints\": [\"a:1\"]"})
    void aHalfWrittenFileIsAFailureOnlyWhenItStaysSo(String half) throws IOException {
        start(write("a:1\n"));

        write(half);
        time.advance(ONE_ROUND);

        assertThat(listener.reports()).hasSize(2);
        assertThat(listener.latestFailure()).contains("half-written");
    }

    @Test
    void aTextWithoutAFinalLineEndIsTakenWhenItHasStayedTheSameForHalfASecond() throws IOException {
        start(write("a:1\nb:8"));
        time.advance(Duration.ofMillis(400));
        assertThat(listener.reports()).isEmpty();

        write("a:1\nb:80");
        time.advance(Duration.ofMillis(400));
        assertThat(listener.reports()).as("it had not been finished").doesNotContain(List.of(Endpoint.of("a:1")));
        time.advance(ONE_ROUND);
        assertThat(listener.latestIds()).containsExactly("a:1", "b:80");

        write("a:1\nb:80\nc:80");
        time.advance(ONE_ROUND);
        assertThat(listener.latestIds()).containsExactly("a:1", "b:80", "c:80");
    }

    @Test
    void aTextWithoutAFinalLineEndIsNoFailure() throws IOException {
        start(write("a:1\nb:1"));
        time.advance(Duration.ofMinutes(1));

        assertThat(listener.reports()).containsExactly(List.of(Endpoint.of("a:1"), Endpoint.of("b:1")));
    }

    @Test
    void aFailureThatEndsWithinHalfASecondIsNotReported() throws IOException {
        Path file = directory.resolve("list");
        start(file);

        time.advance(Duration.ofMillis(400));
        assertThat(listener.reports()).isEmpty();
        write("a:1\n");
        time.advance(Duration.ofMillis(100));

        assertThat(listener.reports()).containsExactly(List.of(Endpoint.of("a:1")));
    }

    @Test
    void aFileThatDoesNotExistYetIsAFailureUntilItDoes() throws IOException {
        Path file = directory.resolve("later/list");
        start(file);
        time.advance(Duration.ofSeconds(1));
        assertThat(listener.reports()).containsExactly("file " + file + " does not exist");

        Files.createDirectory(file.getParent());
        Files.writeString(file, "a:1\n");
        time.advance(ONE_ROUND);

        assertThat(listener.latestIds()).containsExactly("a:1");
    }

    @Test
    void whatIsNoOrdinaryFileIsAFailureAndIsNotOpened() throws IOException {
        assertFailure(directory, "is a directory, must be a file");
        assertFailure(Path.of("/"), "is a directory, must be a file");
        if (Files.exists(Path.of("/dev/zero"))) {
            assertFailure(Path.of("/dev/zero"), "is a device or a pipe, must be an ordinary file");
        }
        Path dangling = directory.resolve("dangling");
        Files.createSymbolicLink(dangling, directory.resolve("nothing"));
        assertFailure(dangling, "does not exist");
        Path circular = directory.resolve("circular");
        Files.createSymbolicLink(circular, circular);
        assertFailure(circular, "cannot be read");
        assertFailure(write("a:1\n").resolve("below-a-file"), ""); // JDKs differ: unreadable, or missing
    }

    @Test
    void aFileThatMayNotBeReadIsAFailure() throws IOException {
        Path file = write("a:1\n");
        Files.setPosixFilePermissions(file, Set.of());
        assumeFalse(Files.isReadable(file), "this user may read everything");

        assertFailure(file, "may not be read by this process");
    }

    @Test
    void aFileOfAGigabyteIsAFailureAndIsNotRead() throws IOException {
        Path file = directory.resolve("huge");
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.setLength(1L << 30);
        }

        assertFailure(file, "has 1073741824 bytes, at most 16777216 (16 MiB) are allowed");
    }

    @Test
    void whatIsNotUtf8IsAFailure() throws IOException {
        Path file = directory.resolve("list");
        Files.write(file, new byte[] {'a', ':', '1', ' ', 'k', '=', (byte) 0xc3, '\n'});

        assertFailure(file, "is not UTF-8 text");
    }

    @Test
    void nothingThatTheListenerThrowsEndsTheWatch() throws IOException {
        Path file = write("a:1\n");
        AtomicBoolean failed = new AtomicBoolean();
        subscription = FileEndpointSource.watching(file)
                .subscribe(
                        new EndpointSource.Listener() {
                            @Override
                            public void onEndpoints(List<Endpoint> endpoints) {
                                if (failed.compareAndSet(false, true)) {
                                    throw new StackOverflowError("on purpose");
                                }
                                listener.onEndpoints(endpoints);
                            }

                            @Override
                            public void onFailure(String reason) {
                                listener.onFailure(reason);
                            }
                        },
                        environment());

        time.advance(ONE_ROUND);

        assertThat(listener.reports()).containsExactly(List.of(Endpoint.of("a:1")));
    }

    @Test
    void afterCloseNothingIsReportedAndNothingIsScheduled() throws IOException {
        start(write("a:1\n"));

        subscription.close();
        subscription.close();
        write("b:1\n");
        time.advance(Duration.ofMinutes(1));

        assertThat(listener.reports()).hasSize(1);
        assertThat(time.pendingTasks()).isZero();
    }

    @Test
    void theWatchSeesAChangeInPlace() throws Exception {
        startWatching(write("a:1\n"));
        listener.awaitList("a:1");

        write("a:1\nb:1\n");
        listener.awaitList("a:1", "b:1");

        write("[\"c:1\"");
        listener.awaitFailure("half-written");
        write("[\"c:1\"]");
        listener.awaitList("c:1");

        write("d:1");
        listener.awaitList("d:1");
    }

    @Test
    void theWatchSeesAnAtomicRename() throws Exception {
        Path file = startWatching(write("a:1\n"));
        listener.awaitList("a:1");

        for (String next : List.of("b:1", "c:1", "d:1")) {
            Path other = Files.writeString(directory.resolve("list.tmp"), next + "\n");
            Files.move(other, file, StandardCopyOption.ATOMIC_MOVE);
            listener.awaitList(next);
        }
    }

    @Test
    void theWatchSeesTheFileGoAndComeBack() throws Exception {
        Path file = startWatching(write("a:1\n"));
        listener.awaitList("a:1");

        Files.delete(file);
        listener.awaitFailure("does not exist");
        write("a:1\n");
        listener.awaitList("a:1");
    }

    /** This is how the kubelet updates a ConfigMap: list -> ..data/list, ..data -> a directory, and only ..data is replaced. */
    @Test
    void theWatchSeesTheSwapOfALinkAsKubernetesDoesIt() throws Exception {
        Files.writeString(Files.createDirectory(directory.resolve("..1")).resolve("list"), "a:1\n");
        Files.createSymbolicLink(directory.resolve("..data"), Path.of("..1"));
        Path file = Files.createSymbolicLink(directory.resolve("list"), Path.of("..data/list"));
        startWatching(file);
        listener.awaitList("a:1");

        Files.writeString(Files.createDirectory(directory.resolve("..2")).resolve("list"), "b:1\n");
        Path link = Files.createSymbolicLink(directory.resolve("..data_tmp"), Path.of("..2"));
        Files.move(link, directory.resolve("..data"), StandardCopyOption.ATOMIC_MOVE);

        listener.awaitList("b:1");
    }

    /** The watch follows the old directory, so it hears nothing of this. */
    @Test
    void thePollSeesTheSwapOfALinkToTheWholeDirectory() throws IOException {
        Files.writeString(Files.createDirectory(directory.resolve("1")).resolve("list"), "a:1\n");
        Path current = Files.createSymbolicLink(directory.resolve("current"), Path.of("1"));
        start(current.resolve("list"));
        assertThat(listener.latestIds()).containsExactly("a:1");

        Files.writeString(Files.createDirectory(directory.resolve("2")).resolve("list"), "b:1\n");
        Path link = Files.createSymbolicLink(directory.resolve("next"), Path.of("2"));
        Files.move(link, current, StandardCopyOption.ATOMIC_MOVE);
        time.advance(ONE_ROUND);

        assertThat(listener.latestIds()).containsExactly("b:1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"PT0S", "PT-5S", "PT25H"})
    void intervalsOutOfRangeAreRefused(Duration interval) {
        assertThatThrownBy(() -> FileEndpointSource.watching(directory).withInterval(interval))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("interval is " + interval + ", must be from PT0.1S to PT24H");
    }

    @Test
    void namesItsFileInFull() {
        assertThat(FileEndpointSource.watching(Path.of("list")))
                .hasToString("file " + Path.of("list").toAbsolutePath());
        assertThat(FileEndpointSource.watching(Path.of("list")).isAuthoritative())
                .isFalse();
    }

    private Path write(String content) throws IOException {
        return Files.writeString(directory.resolve("list"), content);
    }

    private Environment environment() {
        return time.environment(new Random(42));
    }

    private Path start(Path file) {
        subscription = FileEndpointSource.watching(file).subscribe(listener, environment());
        time.advance(Duration.ZERO);
        return file;
    }

    private Path startWatching(Path file) {
        subscription =
                FileEndpointSource.watching(file).withInterval(NEVER_POLL).subscribe(listener, Environment.system());
        return file;
    }

    private void assertFailure(Path file, String reason) {
        RecordingListener heard = new RecordingListener();
        EndpointSource.Subscription started = FileEndpointSource.watching(file).subscribe(heard, environment());
        time.advance(Duration.ofSeconds(1));
        started.close();
        assertThat(heard.reports()).hasSize(1);
        assertThat(heard.latestFailure()).startsWith("file " + file).contains(reason);
    }
}
