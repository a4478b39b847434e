package dev.evenkeel.lb.grpc;

import dev.evenkeel.lb.text.OneLine;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Exceptions that must not leave the adapter: from a callback they would put a channel into panic for ever, from a tracer they would let
 * a call hang past its deadline. Each kind is logged once for a channel. Safe for use by many threads.
 */
final class Faults {
    private static final System.Logger LOG = System.getLogger(EvenkeelGrpc.class.getName());

    private final Set<String> logged = ConcurrentHashMap.newKeySet();

    /** Logs that something failed, unless the same was logged before. */
    void log(String what, Throwable fault) {
        if (logged.add(what + fault.getClass().getName())) {
            LOG.log(System.Logger.Level.ERROR, what + "; it is logged only this once", OneLine.of(fault));
        }
    }
}
