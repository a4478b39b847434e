package dev.evenkeel.examples.demo;

/** Shows what happens. Used by one thread. */
interface Display extends AutoCloseable {
    /** Shows the present moment; called several times a second. */
    void show(Frame frame);

    /** Leaves the terminal as it was found. */
    @Override
    void close();
}
