package dev.evenkeel.examples.demo;

import java.util.List;

/** Redraws a table in place. The last frame stays on the screen. */
final class LiveDisplay implements Display {
    private static final String HIDE_CURSOR = "\033[?25l";
    private static final String SHOW_CURSOR = "\033[?25h";
    private static final String NO_WRAP = "\033[?7l"; // in a narrow window lines are cut, not continued on the next
    private static final String WRAP = "\033[?7h";
    private static final String CLEAR_REST_OF_LINE = "\033[K";

    private final Terminal terminal;
    private final Table table;
    private int linesDrawn; // written by the thread that shows

    LiveDisplay(Terminal terminal) {
        this.terminal = terminal;
        this.table = new Table(terminal.style());
    }

    /**
     * Draws over the frame before, in one write so that nothing flickers. Lines are cleared before they are drawn, because clearing after
     * a line that reaches the window's edge takes its last character.
     */
    @Override
    public void show(Frame frame) {
        List<String> lines = table.lines(frame);
        StringBuilder text = new StringBuilder(HIDE_CURSOR + NO_WRAP);
        if (linesDrawn > 0) {
            text.append("\r\033[").append(linesDrawn).append('A');
        }
        for (String line : lines) {
            text.append(CLEAR_REST_OF_LINE).append(line).append('\n');
        }
        linesDrawn = lines.size();
        terminal.write(text.toString());
    }

    @Override
    public void close() {
        terminal.write(WRAP + SHOW_CURSOR);
    }
}
