package dev.evenkeel.lb.endpoint;

import dev.evenkeel.lb.text.OneLine;

/** Bounds on what discovery may hand us: it is input from outside. */
final class Limits {
    /** A DNS name has at most 253 characters; nothing that names an endpoint needs more. */
    static final int NAME_LENGTH = 256;

    static final int METADATA_ENTRIES = 64;
    static final int METADATA_VALUE_LENGTH = 1024;

    /** Ten times what is ordinary. It keeps a file of 16 MiB from becoming a hundred times as much on the heap. */
    private static final int LIST_SIZE = 100_000;

    private Limits() {}

    static void checkLength(String what, String value) {
        checkLength(what, value, NAME_LENGTH);
    }

    static void checkLength(String what, String value, int allowed) {
        if (value.length() > allowed) {
            throw new IllegalArgumentException(what + " has " + value.length() + " characters, at most " + allowed
                    + " are allowed: " + quote(value));
        }
    }

    static void checkListSize(int size) {
        if (size > LIST_SIZE) {
            throw new IllegalArgumentException("the list has more than " + LIST_SIZE + " endpoints");
        }
    }

    /** Returns the beginning of a value from outside, in quotes and on one line, for a message. */
    static String quote(String value) {
        return OneLine.quote(value);
    }
}
