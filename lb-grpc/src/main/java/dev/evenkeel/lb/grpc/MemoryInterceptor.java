package dev.evenkeel.lb.grpc;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;

/** Gives every call a {@link CallMemory}, takes out of its trailers what that wrote, and says why it ended. */
final class MemoryInterceptor implements ClientInterceptor {
    @Override
    public <Q, A> ClientCall<Q, A> interceptCall(MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
        if (options.getOption(CallMemory.KEY) != null) { // by another of these
            return next.newCall(method, options);
        }
        boolean pinned = options.getOption(EvenkeelGrpc.PIN_ENDPOINT) != null;
        boolean forbidden = Boolean.FALSE.equals(
                options.getOption(EvenkeelGrpc.IDEMPOTENT)); // by the call, whatever its method's config says
        CallMemory memory = new CallMemory(
                CallShape.of(method).request(options), pinned, forbidden ? null : method.getFullMethodName());
        ClientCall<Q, A> call = next.newCall(method, options.withOption(CallMemory.KEY, memory));
        memory.isOf(call);
        return new Call<>(call, memory);
    }

    private static final class Call<Q, A> extends SimpleForwardingClientCall<Q, A> {
        private final CallMemory memory;

        Call(ClientCall<Q, A> call, CallMemory memory) {
            super(call);
            this.memory = memory;
        }

        @Override
        public void start(Listener<A> listener, Metadata headers) {
            super.start(new Ending<>(listener, memory), headers);
        }

        /** After the end by a server, what is sent is lost without a word; gRPC does not take it for that where the end was ours. */
        @Override
        public void sendMessage(Q message) {
            try {
                super.sendMessage(message);
            } catch (IllegalStateException e) {
                throwUnlessGivenUp(e);
            }
        }

        @Override
        public void halfClose() {
            try {
                super.halfClose();
            } catch (IllegalStateException e) {
                throwUnlessGivenUp(e);
            }
        }

        private void throwUnlessGivenUp(IllegalStateException e) {
            if (!memory.isGivenUp()) {
                throw e;
            }
        }
    }

    private static final class Ending<A> extends SimpleForwardingClientCallListener<A> {
        private final CallMemory memory;

        Ending(ClientCall.Listener<A> listener, CallMemory memory) {
            super(listener);
            this.memory = memory;
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            memory.restore(trailers);
            super.onClose(memory.cause(status), trailers);
        }
    }
}
