package dev.evenkeel.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class RetrofitExampleTest {
    @Test
    void everyCallIsAnsweredAlsoAfterAServerStopped() throws Exception {
        PrintStream console = System.out;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        try {
            RetrofitExample.main(new String[0]);
        } finally {
            System.setOut(console);
        }

        String text = bytes.toString(StandardCharsets.UTF_8);
        assertThat(text.lines().filter(line -> line.matches("answered by [ABC]")))
                .hasSize(20);
        assertThat(text.substring(text.indexOf("B stops"))).doesNotContain("answered by B");
    }
}
