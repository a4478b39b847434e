package dev.evenkeel.examples.demo;

/** A share as a bar of eight cells, to an eighth of a cell. */
final class Bar {
    private static final int CELLS = 8;
    private static final String EIGHTHS = " ▏▎▍▌▋▊▉";

    private Bar() {}

    static String of(double share) {
        int eighths = (int) Math.round(Math.max(0, Math.min(1, share)) * CELLS * 8);
        String whole = "█".repeat(eighths / 8);
        return eighths % 8 == 0 ? whole : whole + EIGHTHS.charAt(eighths % 8);
    }
}
