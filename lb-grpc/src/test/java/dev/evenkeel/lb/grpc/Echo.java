package dev.evenkeel.lb.grpc;

import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** A service whose messages are text. */
final class Echo {
    static final String SERVICE = "test.Echo";

    /** Says of itself that it may be executed twice. */
    static final MethodDescriptor<String, String> GET =
            method("Get", MethodType.UNARY).setIdempotent(true).build();

    static final MethodDescriptor<String, String> POST =
            method("Post", MethodType.UNARY).build();

    static final MethodDescriptor<String, String> WATCH =
            method("Watch", MethodType.SERVER_STREAMING).setIdempotent(true).build();

    static final MethodDescriptor<String, String> CHAT =
            method("Chat", MethodType.BIDI_STREAMING).build();

    private Echo() {}

    private static MethodDescriptor.Builder<String, String> method(String name, MethodType type) {
        return MethodDescriptor.<String, String>newBuilder()
                .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE, name))
                .setType(type)
                .setRequestMarshaller(new Text())
                .setResponseMarshaller(new Text());
    }

    private static final class Text implements MethodDescriptor.Marshaller<String> {
        @Override
        public InputStream stream(String value) {
            return new ByteArrayInputStream(value.getBytes(StandardCharsets.UTF_8));
        }

        @Override
        public String parse(InputStream stream) {
            try {
                return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
