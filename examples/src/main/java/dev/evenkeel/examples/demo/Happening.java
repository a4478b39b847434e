package dev.evenkeel.examples.demo;

/**
 * One line of what happened.
 *
 * @param atNanos nanoseconds since the start
 * @param byUs whether the script did it; else the load balancer says it
 * @param words what
 */
record Happening(long atNanos, boolean byUs, String words) {
    /** Returns the line; what the script did is marked, so that cause and effect are told apart. */
    @Override
    public String toString() {
        return String.format("%7s  %s", Units.seconds(atNanos), byUs ? "▶ " + words : "  " + words);
    }
}
