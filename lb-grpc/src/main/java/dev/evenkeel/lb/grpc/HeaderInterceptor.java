package dev.evenkeel.lb.grpc;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;

/**
 * Names a header to every call of a channel, for its picks to read: interceptors do not see headers before options are fixed.
 *
 * @param option what the header is for
 */
record HeaderInterceptor(CallOptions.Key<Metadata.Key<String>> option, Metadata.Key<String> header)
        implements ClientInterceptor {
    @Override
    public <Q, A> ClientCall<Q, A> interceptCall(MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
        return next.newCall(method, options.withOption(option, header));
    }
}
