package dev.evenkeel.lb.okhttp;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** What is logged under a name until this is closed. */
final class Logged extends Handler implements AutoCloseable {
    private final List<String> messages = new CopyOnWriteArrayList<>();
    private final Logger logger;
    private final Level before;

    Logged(String name) {
        this.logger = Logger.getLogger(name);
        this.before = logger.getLevel();
        logger.addHandler(this);
        logger.setLevel(Level.ALL);
    }

    List<String> messages() {
        return messages;
    }

    @Override
    public void publish(LogRecord entry) {
        messages.add(entry.getMessage());
    }

    @Override
    public void flush() {}

    @Override
    public void close() {
        logger.setLevel(before);
        logger.removeHandler(this);
    }
}
