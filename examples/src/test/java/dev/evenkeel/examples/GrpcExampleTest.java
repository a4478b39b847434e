package dev.evenkeel.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class GrpcExampleTest {
    @Test
    void noCallFailsAlsoAfterAServerBeganTo() throws Exception {
        PrintStream console = System.out;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        try {
            GrpcExample.main(new String[0]);
        } finally {
            System.setOut(console);
        }

        List<String> lines = bytes.toString(StandardCharsets.UTF_8).lines().toList();
        assertThat(lines).hasSize(3);
        assertThat(lines.get(0)).startsWith("1000 calls: answered by {").endsWith("failed 0");
        assertThat(lines.get(1)).startsWith("B fails");
        assertThat(lines.get(2))
                .startsWith("1000 calls: answered by {")
                .endsWith("failed 0")
                .doesNotContain("B=");
    }
}
