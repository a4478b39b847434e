package dev.evenkeel.examples.demo;

import java.io.Console;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * Where the demo writes, and what can be done there.
 *
 * @param out takes UTF-8
 * @param interactive whether somebody watches who sees lines being redrawn
 * @param style whether there are colours
 * @param unicode whether more than ASCII can be shown
 */
record Terminal(PrintStream out, boolean interactive, Style style, boolean unicode) {
    /** Returns what the environment says of a stream that leads to the console. */
    static Terminal detect(PrintStream out, Map<String, String> environment) {
        boolean interactive =
                hasConsole() && !environment.getOrDefault("TERM", "dumb").equals("dumb");
        boolean colours =
                interactive && environment.getOrDefault("NO_COLOR", "").isEmpty();
        return new Terminal(out, interactive, colours ? Style.COLOURED : Style.PLAIN, isUnicode());
    }

    /** Returns the same without colours and redrawing. */
    Terminal asPlain() {
        return new Terminal(out, false, Style.PLAIN, unicode);
    }

    /** Writes in one go. */
    void write(String text) {
        if (text.isEmpty()) {
            return;
        }
        byte[] bytes = (unicode ? text : ascii(text)).getBytes(StandardCharsets.UTF_8);
        out.write(bytes, 0, bytes.length);
        out.flush();
    }

    /** Keeps every character's width, so that columns stay columns. */
    private static String ascii(String text) {
        return text.replace('█', '#')
                .replaceAll("[▌▋▊▉]", "+")
                .replaceAll("[▏▎▍]", " ")
                .replace('–', '-')
                .replace('…', '~')
                .replace('▶', '>')
                .replaceAll("[^\\x00-\\x7f]", "?");
    }

    private static boolean isUnicode() {
        return System.getProperty("native.encoding", "").equalsIgnoreCase("UTF-8");
    }

    /** Until JDK 21 there was a console only where there was a terminal; since then one has to ask it. */
    @SuppressWarnings("SystemConsoleNull") // what it warns of is dealt with here
    private static boolean hasConsole() {
        Console console = System.console();
        if (console == null) {
            return false;
        }
        try {
            return (boolean) Console.class.getMethod("isTerminal").invoke(console);
        } catch (ReflectiveOperationException e) {
            return true;
        }
    }
}
