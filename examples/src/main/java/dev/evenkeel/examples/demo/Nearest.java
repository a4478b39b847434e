package dev.evenkeel.examples.demo;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Guesses which name was meant. */
final class Nearest {
    private Nearest() {}

    /** Returns {@code  (did you mean …?)}, or nothing when no name is near. */
    static String hint(String typed, List<String> names) {
        Optional<String> nearest = names.stream().min(Comparator.comparingInt(name -> distance(typed, name)));
        return nearest.filter(name -> distance(typed, name) <= Math.max(2, name.length() / 3))
                .map(name -> " (did you mean " + name + "?)")
                .orElse("");
    }

    /** Returns how many letters must be added, dropped or exchanged (Levenshtein). */
    static int distance(String from, String to) {
        int[] row = new int[to.length() + 1];
        for (int i = 0; i <= to.length(); i++) {
            row[i] = i;
        }
        for (int i = 1; i <= from.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= to.length(); j++) {
                int exchanged = diagonal + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(exchanged, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[to.length()];
    }
}
