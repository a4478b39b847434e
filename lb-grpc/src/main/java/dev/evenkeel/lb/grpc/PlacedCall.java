package dev.evenkeel.lb.grpc;

import dev.evenkeel.lb.call.Destination;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.call.RequestKey;
import dev.evenkeel.lb.call.Session;
import dev.evenkeel.lb.call.Subset;
import dev.evenkeel.lb.policy.Node;
import dev.evenkeel.lb.policy.PickContext;
import io.grpc.CallOptions;
import io.grpc.Metadata;
import org.jspecify.annotations.Nullable;

/**
 * A call with what it asks of the place it goes to, by its options and headers.
 *
 * @param call the call as it is without that
 */
record PlacedCall(PickContext call, RequestInfo request) implements PickContext {
    static final CallOptions.Key<Metadata.Key<String>> KEY_HEADER = CallOptions.Key.create("evenkeel-key-header");
    static final CallOptions.Key<Metadata.Key<String>> SESSION_HEADER =
            CallOptions.Key.create("evenkeel-session-header");

    /** Longer texts are no keys, so that nobody can make us work by what they send. */
    private static final int LONGEST = 4096;

    /** Returns the call, which is itself if it asks nothing. */
    static PickContext of(PickContext call, CallOptions options, Metadata headers) {
        RequestInfo request = request(call.request(), options, headers);
        return request.destination().equals(Destination.ANY) ? call : new PlacedCall(call, request);
    }

    /** Returns the request, with what it asks of the place it goes to. */
    static RequestInfo request(RequestInfo request, CallOptions options, Metadata headers) {
        Destination destination = destination(options, headers);
        return destination.equals(request.destination()) ? request : request.withDestination(destination);
    }

    private static Destination destination(CallOptions options, Metadata headers) {
        Destination destination = Destination.ANY;
        String key = text(options, EvenkeelGrpc.AFFINITY_KEY, KEY_HEADER, headers);
        if (key != null) {
            destination = destination.withKey(RequestKey.of(key));
        }
        Subset subset = options.getOption(EvenkeelGrpc.SUBSET);
        if (subset != null) {
            destination = destination.withSubset(subset);
        }
        Session session = session(options, headers);
        return session == null ? destination : destination.withSession(session);
    }

    private static @Nullable Session session(CallOptions options, Metadata headers) {
        String session = text(options, EvenkeelGrpc.SESSION, SESSION_HEADER, headers);
        return session == null ? null : Session.of(session);
    }

    private static @Nullable String text(
            CallOptions options,
            CallOptions.Key<String> ofCall,
            CallOptions.Key<Metadata.Key<String>> ofChannel,
            Metadata headers) {
        String text = options.getOption(ofCall);
        if (text == null) {
            Metadata.Key<String> header = options.getOption(ofChannel);
            text = header == null ? null : headers.get(header);
        }
        return text == null || text.isEmpty() || text.length() > LONGEST ? null : text;
    }

    @Override
    public boolean hasTried(Node node) {
        return call.hasTried(node);
    }

    @Override
    public boolean isFirstPick() {
        return call.isFirstPick();
    }
}
