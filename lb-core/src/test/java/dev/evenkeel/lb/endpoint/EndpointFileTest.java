package dev.evenkeel.lb.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EndpointFileTest {
    @TempDir
    Path directory;

    /** Each version is told by its length, and no page of memory ends where a line does. */
    @Test
    void aReaderNeverTakesAPartOfAFileThatIsWrittenInPlace() throws Exception {
        Path file = Files.writeString(directory.resolve("list"), version(1));
        EndpointFile content = unsettled(file);
        AtomicBoolean done = new AtomicBoolean();
        Thread writer = new Thread(() -> {
            for (int i = 0; !done.get(); i++) {
                replaceInPlace(file, version(1 + i % 3000));
            }
        });
        writer.start();
        try {
            for (int lists = 0; lists < 30; ) {
                try {
                    List<Endpoint> list = content.read().endpoints();
                    assertThat(list).hasSize(list.get(0).port() - 10_000).containsOnly(list.get(0));
                    lists++;
                } catch (LookupFailedException e) {
                    assertThat(e.reason()).containsAnyOf("changes while it is being read", "half-written");
                }
            }
        } finally {
            done.set(true);
            writer.join();
        }
    }

    /** Time stands still, so what has no end is never taken for complete. */
    private static EndpointFile unsettled(Path file) {
        return new EndpointFile(file, () -> 0, Duration.ofMillis(500));
    }

    private static String version(int lines) {
        return ("ab:" + (10_000 + lines) + "\n").repeat(lines);
    }

    @Test
    void unchangedContentIsNotParsedAgain() throws Exception {
        EndpointFile file = unsettled(Files.writeString(directory.resolve("list"), "a:1\n"));

        assertThat(file.read()).isSameAs(file.read());
    }

    @Property(tries = 500)
    void anyBytesAreAListOrAFailureOnOneLine(@ForAll("contents") byte[] content) throws IOException {
        Path file = Files.createTempFile("list", "");
        try {
            Files.write(file, content);
            assertThat(unsettled(file).read().endpoints()).doesNotContainNull();
        } catch (LookupFailedException e) {
            assertThat(e.reason())
                    .startsWith("file " + file)
                    .hasSizeLessThan(500)
                    .matches(reason -> reason.lines().count() == 1);
        } finally {
            Files.delete(file);
        }
    }

    @Provide
    Arbitrary<byte[]> contents() {
        Arbitrary<Byte> likely = Arbitraries.of(
                "[]{}\",:.#=\\ \t\r\nab10".chars().mapToObj(c -> (byte) c).toList());
        return Arbitraries.oneOf(
                Arbitraries.bytes().array(byte[].class).ofMaxSize(100),
                likely.array(byte[].class).ofMaxSize(100),
                likely.list().ofMaxSize(60).map(bytes -> {
                    byte[] ended = new byte[bytes.size() + 1];
                    for (int i = 0; i < bytes.size(); i++) {
                        ended[i] = bytes.get(i);
                    }
                    ended[bytes.size()] = '\n';
                    return ended;
                }));
    }

    private static void replaceInPlace(Path file, String content) {
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            channel.write(StandardCharsets.UTF_8.encode(content));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
