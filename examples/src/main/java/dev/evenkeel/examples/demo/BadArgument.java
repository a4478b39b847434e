package dev.evenkeel.examples.demo;

/** The command line cannot be understood; the message is one line for the person who typed it. */
final class BadArgument extends RuntimeException {
    private static final long serialVersionUID = 1;

    BadArgument(String message) {
        super(message);
    }
}
