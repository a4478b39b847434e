package dev.evenkeel.lb.text;

/**
 * Makes text from outside safe to show: in a log, a message or a description. What discovery, servers and exceptions say may hold line ends,
 * terminal escapes and marks that turn the direction of writing around, with which a line of a log can be forged or hidden.
 */
public final class OneLine {
    private static final int QUOTED_LENGTH = 40;
    private static final char REPLACEMENT = '?';

    private OneLine() {}

    /**
     * Returns the text with a question mark for each character that is not to be shown: control characters, line and paragraph separators,
     * invisible formatting characters, and halves of characters. Mostly it is the same string.
     */
    public static String of(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (!isPlain(text.charAt(i))) {
                return replaced(text, i);
            }
        }
        return text;
    }

    /**
     * Returns a problem to log: the same if nothing that it or its causes say is unsafe, or else one that looks like it, with the same stack trace
     * and safe messages.
     */
    public static Throwable of(Throwable problem) {
        return ShownThrowable.of(problem);
    }

    /** Returns the first forty characters of a text, made safe and in quotes, for a message about it. */
    public static String quote(String text) {
        boolean tooLong = text.length() > QUOTED_LENGTH;
        return "'" + of(tooLong ? text.substring(0, QUOTED_LENGTH) : text) + (tooLong ? "…'" : "'");
    }

    /** Returns whether a character needs no closer look: nearly all are. */
    private static boolean isPlain(char c) {
        return c >= ' ' && c < 0x7f;
    }

    private static String replaced(String text, int from) {
        StringBuilder safe = null;
        for (int i = from; i < text.length(); ) {
            int character = text.codePointAt(i);
            if (isShown(character)) {
                if (safe != null) {
                    safe.appendCodePoint(character);
                }
            } else {
                if (safe == null) {
                    safe = new StringBuilder(text.length()).append(text, 0, i);
                }
                safe.append(REPLACEMENT);
            }
            i += Character.charCount(character);
        }
        return safe == null ? text : safe.toString();
    }

    private static boolean isShown(int character) {
        return switch (Character.getType(character)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            default -> true;
        };
    }
}
