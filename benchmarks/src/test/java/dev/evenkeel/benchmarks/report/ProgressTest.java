package dev.evenkeel.benchmarks.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ProgressTest {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    @Test
    void onATerminalOneLineIsWrittenOver() {
        assertThat(output(true)).isEqualTo("\r[1/2] slow\033[K\r[2/2] killed\033[K\rreport.md\033[K\n");
    }

    @Test
    void elsewhereEachStepIsALine() {
        assertThat(output(false)).isEqualTo("[1/2] slow\n[2/2] killed\nreport.md\n");
    }

    @Test
    void aDumbTerminalIsNotWrittenOver() {
        assertThat(Progress.isWatched(Map.of("TERM", "dumb"))).isFalse();
        assertThat(Progress.isWatched(Map.of())).isFalse();
    }

    private String output(boolean interactive) {
        Progress progress = new Progress(new PrintStream(bytes, true, StandardCharsets.UTF_8), interactive, 2);
        progress.begin("slow");
        progress.begin("killed");
        progress.end("report.md");
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
