package dev.evenkeel.lb.grpc;

import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.policy.Node;
import dev.evenkeel.lb.policy.PickContext;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;

/** What a method's definition says of its calls: how their latency is measured, and whether they may be repeated. */
enum CallShape implements PickContext {
    /** One request, one answer: latency is the whole call. */
    UNARY(false, false),
    /** The same, and it may be executed twice. */
    UNARY_IDEMPOTENT(false, true),
    /** A stream in some direction: latency ends with the answer's headers. */
    STREAMING(true, false),
    /** The same, and it may be executed twice. */
    STREAMING_IDEMPOTENT(true, true);

    private final boolean streaming;
    private final boolean idempotent;

    CallShape(boolean streaming, boolean idempotent) {
        this.streaming = streaming;
        this.idempotent = idempotent;
    }

    static CallShape of(MethodDescriptor<?, ?> method) {
        boolean idempotent = method.isIdempotent() || method.isSafe();
        if (method.getType() == MethodDescriptor.MethodType.UNARY) {
            return idempotent ? UNARY_IDEMPOTENT : UNARY;
        }
        return idempotent ? STREAMING_IDEMPOTENT : STREAMING;
    }

    /** Returns a number from 0 on that is this shape's own. */
    int index() {
        return (streaming ? 2 : 0) + (idempotent ? 1 : 0);
    }

    /** Returns what the core must know of a call of this shape, unless the call's options say otherwise. */
    RequestInfo request(CallOptions options) {
        Boolean said = options.getOption(EvenkeelGrpc.IDEMPOTENT);
        return info(said == null ? idempotent : said);
    }

    /** Returns whether the answer's beginning, rather than its end, says how quick the endpoint is. */
    boolean isStreaming() {
        return streaming;
    }

    @Override
    public RequestInfo request() {
        return info(idempotent);
    }

    private static RequestInfo info(boolean idempotent) {
        return idempotent ? RequestInfo.IDEMPOTENT : RequestInfo.NON_IDEMPOTENT;
    }

    /** Without a memory of the call, each attempt is like the first. */
    @Override
    public boolean hasTried(Node node) {
        return false;
    }
}
