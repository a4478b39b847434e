package dev.evenkeel.benchmarks;

import java.nio.charset.StandardCharsets;

/** A server that gives the same answer to every GET, as a function of the bytes it reads. One for each connection. */
final class CannedAnswers {
    static final byte[] OK = answer("200 OK");
    static final byte[] UNAVAILABLE = answer("503 Service Unavailable");

    private static final byte[] END_OF_REQUEST = "\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private int matched; // bytes of the end of a request that have been read

    private static byte[] answer(String status) {
        return ("HTTP/1.1 " + status + "\r\nContent-Length: 2\r\n\r\nok").getBytes(StandardCharsets.US_ASCII);
    }

    /** Reads some bytes, and returns how many requests end in them. */
    int read(byte[] bytes, int offset, int count) {
        int requests = 0;
        for (int i = offset; i < offset + count; i++) {
            matched = bytes[i] == END_OF_REQUEST[matched] ? matched + 1 : bytes[i] == END_OF_REQUEST[0] ? 1 : 0;
            if (matched == END_OF_REQUEST.length) {
                matched = 0;
                requests++;
            }
        }
        return requests;
    }
}
