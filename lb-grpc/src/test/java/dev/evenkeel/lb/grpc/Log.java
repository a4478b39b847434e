package dev.evenkeel.lb.grpc;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** Keeps what the adapter logs, until it is closed. */
final class Log extends Handler implements AutoCloseable {
    final Queue<String> messages = new ConcurrentLinkedQueue<>();

    private final Logger logger = Logger.getLogger(EvenkeelGrpc.class.getName());

    private Log() {}

    static Log of(Level level) {
        Log log = new Log();
        log.logger.setLevel(level);
        log.logger.addHandler(log);
        return log;
    }

    @Override
    public void publish(LogRecord logged) {
        messages.add(logged.getMessage());
    }

    @Override
    public void flush() {}

    @Override
    public void close() {
        logger.removeHandler(this);
        logger.setLevel(null);
    }
}
