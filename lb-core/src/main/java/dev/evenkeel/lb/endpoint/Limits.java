package dev.evenkeel.lb.endpoint;

/** Bounds on what discovery may hand us: it is input from outside. */
final class Limits {
    /** A DNS name has at most 253 characters; nothing that names an endpoint needs more. */
    static final int NAME_LENGTH = 256;

    static final int METADATA_ENTRIES = 64;
    static final int METADATA_VALUE_LENGTH = 1024;

    private Limits() {}

    static void checkLength(String what, String value) {
        checkLength(what, value, NAME_LENGTH);
    }

    static void checkLength(String what, String value, int allowed) {
        if (value.length() > allowed) {
            throw new IllegalArgumentException(what + " has " + value.length() + " characters, at most " + allowed
                    + " are allowed: '" + value.substring(0, 40) + "…'");
        }
    }
}
