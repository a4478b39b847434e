package dev.evenkeel.lb;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What docs/traps.md names is there: a test that is renamed or dropped is missed. */
class TrapsPageTest {
    private static final Path ROOT = Path.of("..");
    private static final Pattern NAMED = Pattern.compile("`(\\w+)\\.(\\w+)`");

    @Test
    void everyTestThatThePageNamesExists() throws IOException {
        List<String> named = new ArrayList<>();
        List<String> missing = new ArrayList<>();
        for (var test = NAMED.matcher(Files.readString(ROOT.resolve("docs/traps.md"))); test.find(); ) {
            named.add(test.group());
            if (!exists(test.group(1) + ".java", "void " + test.group(2) + "(")) {
                missing.add(test.group());
            }
        }
        assertThat(missing).isEmpty();
        assertThat(named).hasSizeGreaterThan(60);
    }

    private static boolean exists(String file, String method) throws IOException {
        for (String module : List.of("lb-core", "lb-sim", "lb-okhttp", "lb-grpc")) {
            try (Stream<Path> files = Files.walk(ROOT.resolve(module).resolve("src/test/java"))) {
                for (Path found : files.filter(path -> path.endsWith(file)).toList()) {
                    if (Files.readString(found).contains(method)) {
                        return true;
                    }
                }
            }
        }
        return false;
    }
}
