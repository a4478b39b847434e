package dev.evenkeel.lb.grpc;

import io.grpc.Attributes;
import io.grpc.ClientTransportFilter;
import org.jspecify.annotations.Nullable;

/**
 * A connection as gRPC's transports have it, by which attempts end that nothing else ends: where an executor of the application rejects a task, gRPC
 * breaks the connection off and forgets the streams over it. Known in channels that {@link EvenkeelGrpc#configure} has made. Safe for use by
 * many threads.
 */
final class Transport {
    /** Stands for those of which there is no word. */
    static final Transport UNKNOWN = new Transport();

    private static final Attributes.Key<Transport> KEY = Attributes.Key.create("dev.evenkeel.lb.transport");

    private volatile @Nullable OpenCalls calls; // of the channel, once there is one over this; always the same

    private Transport() {}

    /** Returns that of a stream. */
    static Transport of(Attributes attributes) {
        Transport its = attributes.get(KEY);
        return its == null ? UNKNOWN : its;
    }

    /** Learns that there is a call over it. */
    void isUsedBy(OpenCalls ofChannel) {
        if (this != UNKNOWN && calls != ofChannel) {
            calls = ofChannel;
        }
    }

    private void ended() {
        OpenCalls ofChannel = calls;
        if (ofChannel != null) {
            ofChannel.ended(this);
        }
    }

    /** Returns what tells them apart, and when they end. */
    static ClientTransportFilter filter() {
        return new Filter();
    }

    private static final class Filter extends ClientTransportFilter {
        @Override
        public Attributes transportReady(Attributes attributes) {
            return attributes.toBuilder().set(KEY, new Transport()).build();
        }

        @Override
        public void transportTerminated(Attributes attributes) {
            Transport its = attributes.get(KEY);
            if (its != null) { // else it was never ready
                its.ended();
            }
        }
    }
}
