package dev.evenkeel.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TerminalTest {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    @Test
    void whereNobodyWatchesThereIsNoRedrawing() {
        // Surefire's JVM has no console.
        Terminal terminal = Terminal.detect(new PrintStream(bytes), Map.of("TERM", "xterm-256color"));

        assertThat(terminal.interactive()).isFalse();
        assertThat(terminal.style()).isEqualTo(Style.PLAIN);
    }

    @Test
    void withoutUnicodeEveryCharacterStaysOneCharacter() {
        new Terminal(new PrintStream(bytes), true, Style.PLAIN, false).write("▶ ██▌ ▎ a – b …é");

        assertThat(bytes.toString(StandardCharsets.US_ASCII)).isEqualTo("> ##+   a - b ~?");
    }

    @Test
    void aFrameIsDrawnOverTheOneBefore() {
        LiveDisplay display = new LiveDisplay(new Terminal(new PrintStream(bytes), true, Style.PLAIN, true));
        Totals totals = new Totals(Latencies.NONE, 0, "", 0, 0);
        Frame frame = new Frame(0, Options.DEFAULT, List.of(), Latencies.NONE, totals, List.of());

        display.show(frame);
        String first = text();
        display.show(frame);
        String second = text().substring(first.length());
        display.close();

        long lines = first.chars().filter(c -> c == '\n').count();
        assertThat(first).startsWith("\033[?25l\033[?7l").doesNotContain("\033[" + lines + "A");
        assertThat(second).startsWith("\033[?25l\033[?7l\r\033[" + lines + "A").hasSizeGreaterThan(first.length());
        assertThat(text()).endsWith("\033[?7h\033[?25h");
    }

    private String text() {
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
