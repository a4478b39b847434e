package dev.evenkeel.lb.endpoint;

import dev.evenkeel.lb.time.Ticker;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A file with a list of endpoints: reads it whole, or says why it cannot be used. It is read each time and compared, because the time
 * stamps of file systems are too coarse to show every change; it is parsed only when it has changed. Used by one thread at a time.
 *
 * <p>A text without a final line end may be half-written, or may come from an editor that writes none. It is taken when it has stayed the
 * same for a while.
 */
final class EndpointFile {
    private static final int MAX_MEBIBYTES = 16;
    private static final int MAX_BYTES = MAX_MEBIBYTES << 20;

    private final Path path;
    private final Ticker ticker;
    private final long settleNanos;
    private byte[] lastBytes = {};
    private long lastNanos; // when these bytes were first read
    private Report.@Nullable Found lastFound; // what they say; null if they cannot be used, or not yet

    /** Returns the file at a path; for so long a text without a final line end must stay the same. */
    EndpointFile(Path path, Ticker ticker, Duration settle) {
        this.path = path;
        this.ticker = ticker;
        this.settleNanos = settle.toNanos();
    }

    Report.Found read() throws LookupFailedException {
        try {
            byte[] bytes = readBytes();
            if (!Arrays.equals(bytes, lastBytes)) {
                lastBytes = bytes;
                lastNanos = ticker.nanos();
                lastFound = null;
            }
            Report.Found found = lastFound;
            if (found == null) {
                boolean settled = ticker.nanos() - lastNanos >= settleNanos;
                found = EndpointListFormat.parse(decode(bytes), settled);
                lastFound = found;
            }
            return found;
        } catch (NoSuchFileException e) {
            throw failed("does not exist");
        } catch (AccessDeniedException e) {
            throw failed("may not be read by this process");
        } catch (CharacterCodingException e) {
            throw failed("is not UTF-8 text");
        } catch (FileSystemException e) {
            throw failed("cannot be read: " + Objects.requireNonNullElse(e.getReason(), e.toString()));
        } catch (IOException e) {
            throw failed("cannot be read: " + e);
        } catch (IllegalArgumentException e) {
            throw failed("cannot be used: " + e.getMessage());
        }
    }

    private byte[] readBytes() throws IOException, LookupFailedException {
        Stamp before = stamp();
        byte[] bytes;
        try (InputStream in = Files.newInputStream(path)) {
            bytes = in.readNBytes(MAX_BYTES + 1); // it may have grown since we asked for its size
        }
        if (bytes.length != before.size() || !before.equals(stamp())) {
            throw failed("changes while it is being read");
        }
        return bytes;
    }

    private Stamp stamp() throws IOException, LookupFailedException {
        BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
        if (attributes.isDirectory()) {
            throw failed("is a directory, must be a file");
        }
        if (!attributes.isRegularFile()) {
            throw failed("is a device or a pipe, must be an ordinary file");
        }
        if (attributes.size() > MAX_BYTES) {
            throw failed("has " + attributes.size() + " bytes, at most " + MAX_BYTES + " (" + MAX_MEBIBYTES
                    + " MiB) are allowed");
        }
        return new Stamp(attributes.size(), attributes.lastModifiedTime(), attributes.fileKey());
    }

    private static String decode(byte[] bytes) throws CharacterCodingException {
        return StandardCharsets.UTF_8
                .newDecoder()
                .decode(ByteBuffer.wrap(bytes))
                .toString();
    }

    private LookupFailedException failed(String why) {
        return new LookupFailedException(this + " " + why);
    }

    @Override
    public String toString() {
        return "file " + path;
    }

    /** What changes when a file is written, or another takes its place; the key is null where the file system has none. */
    private record Stamp(
            long size, FileTime modified, @Nullable Object key) {}
}
