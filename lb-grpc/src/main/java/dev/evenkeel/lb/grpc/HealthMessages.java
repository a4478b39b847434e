package dev.evenkeel.lb.grpc;

import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/**
 * The messages of {@code grpc.health.v1.Health/Check}, one field each, written by hand: protobuf would be a dependency for every user.
 * Source: health.proto of grpc-proto, and protobuf's encoding guide.
 */
final class HealthMessages {
    /** The status of what serves. */
    static final long SERVING = 1;

    /** Takes the name of a service, and answers with a status. */
    static final MethodDescriptor<String, Long> CHECK = MethodDescriptor.<String, Long>newBuilder()
            .setFullMethodName("grpc.health.v1.Health/Check")
            .setType(MethodDescriptor.MethodType.UNARY)
            .setRequestMarshaller(new Question())
            .setResponseMarshaller(new Answer())
            .build();

    private HealthMessages() {}

    /** Returns what a status is called. */
    static String name(long status) {
        if (status == 0) {
            return "UNKNOWN";
        }
        return status == 2 ? "NOT_SERVING" : "status " + status;
    }

    /** A message whose field 1 is text. */
    private static final class Question implements MethodDescriptor.Marshaller<String> {
        @Override
        public InputStream stream(String service) {
            byte[] name = service.getBytes(StandardCharsets.UTF_8);
            ByteArrayOutputStream message = new ByteArrayOutputStream();
            if (name.length > 0) {
                message.write(1 << 3 | 2);
                int length = name.length;
                for (; length >= 0x80; length >>>= 7) {
                    message.write((length & 0x7f) | 0x80);
                }
                message.write(length);
                message.writeBytes(name);
            }
            return new ByteArrayInputStream(message.toByteArray());
        }

        @Override
        public String parse(InputStream message) {
            throw new UnsupportedOperationException("only sent");
        }
    }

    /** A message whose field 1 is a number, 0 if it is missing; other fields are for whoever knows them. */
    private static final class Answer implements MethodDescriptor.Marshaller<Long> {
        @Override
        public InputStream stream(Long status) {
            throw new UnsupportedOperationException("only received");
        }

        @Override
        public Long parse(InputStream message) {
            try {
                return status(message);
            } catch (IOException e) {
                throw Status.INTERNAL
                        .withDescription("not an answer of grpc.health.v1")
                        .withCause(e)
                        .asRuntimeException();
            }
        }

        private static long status(InputStream message) throws IOException {
            long status = 0;
            for (int first = message.read(); first >= 0; first = message.read()) {
                long tag = number(first, message);
                switch ((int) (tag & 7)) {
                    case 0 -> {
                        long value = number(message.read(), message);
                        status = tag >>> 3 == 1 ? value : status;
                    }
                    case 1 -> message.skipNBytes(8);
                    case 2 -> message.skipNBytes(number(message.read(), message));
                    case 5 -> message.skipNBytes(4);
                    default -> throw new IOException("wire type " + (tag & 7));
                }
            }
            return status;
        }

        private static long number(int first, InputStream message) throws IOException {
            long number = 0;
            int next = first;
            for (int shift = 0; shift < 64; shift += 7) {
                if (next < 0) {
                    throw new EOFException();
                }
                number |= (long) (next & 0x7f) << shift;
                if (next < 0x80) {
                    return number;
                }
                next = message.read();
            }
            throw new IOException("a number of more than 64 bits");
        }
    }
}
