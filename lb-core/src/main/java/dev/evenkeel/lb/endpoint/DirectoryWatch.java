package dev.evenkeel.lb.endpoint;

import dev.evenkeel.lb.text.OneLine;
import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import org.jspecify.annotations.Nullable;

/**
 * Hints that something in a directory has changed. Only hints: network file systems, directories that are themselves replaced and
 * exhausted kernel limits go unnoticed, so whoever uses this also looks now and then.
 *
 * <p>It watches the whole directory and not one name in it, because a list that Kubernetes mounts changes by the swap of a link with
 * another name. Safe for use by several threads.
 */
final class DirectoryWatch {
    private static final System.Logger LOG = System.getLogger(DirectoryWatch.class.getName());

    private final @Nullable Path directory;
    private volatile @Nullable WatchService service; // written by renew, which is called by one thread at a time
    private volatile boolean registered; // written by renew, and by hasChanged when the directory is gone
    private volatile boolean closed; // set once, by close
    private boolean complained; // used in renew only

    DirectoryWatch(@Nullable Path directory) {
        this.directory = directory;
    }

    /** Starts watching, where that has not happened yet or has come to an end. May block. */
    void renew() {
        if (registered || closed || directory == null) {
            return;
        }
        try {
            WatchService current = service;
            if (current == null) {
                current = directory.getFileSystem().newWatchService();
                service = current;
            }
            directory.register(
                    current,
                    StandardWatchEventKinds.ENTRY_CREATE,
                    StandardWatchEventKinds.ENTRY_DELETE,
                    StandardWatchEventKinds.ENTRY_MODIFY);
            registered = true;
        } catch (NoSuchFileException | NotDirectoryException e) {
            // Then the file is missing as well, and whoever reads it says so.
            LOG.log(System.Logger.Level.DEBUG, this + " does not exist yet", OneLine.of(e));
        } catch (IOException | RuntimeException e) {
            complain(e);
        }
        if (closed) {
            close(); // it was closed while we opened it
        }
    }

    /** Returns whether there has been a change since the last call. Does not block. */
    boolean hasChanged() {
        WatchService current = service;
        if (current == null) {
            return false;
        }
        boolean changed = false;
        try {
            for (WatchKey key = current.poll(); key != null; key = current.poll()) {
                changed = true;
                key.pollEvents();
                if (!key.reset()) {
                    registered = false;
                }
            }
        } catch (ClosedWatchServiceException e) {
            return false;
        }
        return changed;
    }

    /** Frees what the watch holds. May block; doing it twice changes nothing. */
    void close() {
        closed = true;
        WatchService current = service;
        if (current != null) {
            try {
                current.close();
            } catch (IOException e) {
                LOG.log(System.Logger.Level.DEBUG, "The watch of " + this + " could not be closed", OneLine.of(e));
            }
        }
    }

    private void complain(Exception e) {
        if (!complained && !closed) {
            complained = true;
            LOG.log(
                    System.Logger.Level.INFO,
                    this + " cannot be watched, so changes are seen by polling only: " + OneLine.of(e.toString()));
        }
    }

    @Override
    public String toString() {
        return OneLine.of(String.valueOf(directory));
    }
}
