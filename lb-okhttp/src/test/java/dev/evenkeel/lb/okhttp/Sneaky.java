package dev.evenkeel.lb.okhttp;

/** Throws as code in Kotlin does, which has no checked exceptions. */
final class Sneaky {
    private Sneaky() {}

    static void raise(Exception e) {
        Sneaky.<RuntimeException>as(e);
    }

    @SuppressWarnings("unchecked") // which is the trick
    private static <E extends Exception> void as(Exception e) throws E {
        throw (E) e;
    }
}
