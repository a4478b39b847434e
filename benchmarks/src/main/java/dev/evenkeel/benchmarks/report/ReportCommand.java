package dev.evenkeel.benchmarks.report;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;

/**
 * Writes the report.
 *
 * <p>{@code ./mvnw -q -Preport -pl benchmarks -am process-classes}
 */
public final class ReportCommand {
    /** Load balancers log as they do in production. Held here, because the JDK forgets loggers nobody holds. */
    private static final Logger LOG = Logger.getLogger("dev.evenkeel.lb");

    private ReportCommand() {}

    /**
     * Runs everything and writes the files.
     *
     * @param args the folder to write into, which is made if it is not there
     */
    public static void main(String[] args) throws IOException {
        if (args.length != 1) {
            throw new IllegalArgumentException(
                    args.length + " arguments are given, must be one: the folder of the report");
        }
        LOG.setLevel(Level.OFF);
        // Not System.out: Maven looks for colours in it, byte by byte.
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8);
        List<Scenario> scenarios = allScenarios();
        Progress progress = new Progress(
                out,
                Progress.isWatched(System.getenv()),
                scenarios.size() + Drawing.all().size());
        Path folder = Path.of(args[0]);
        write(folder, Report.of(scenarios, Drawing.all(), progress));
        progress.end(folder.resolve(Report.PAGE).toString());
    }

    static List<Scenario> allScenarios() {
        return Stream.of(CallersFeel.scenarios(), FailureStories.scenarios(), KeyStories.scenarios())
                .flatMap(List::stream)
                .toList();
    }

    private static void write(Path folder, Map<String, String> files) throws IOException {
        Files.createDirectories(folder);
        for (Map.Entry<String, String> file : files.entrySet()) {
            Files.writeString(folder.resolve(file.getKey()), file.getValue());
        }
    }
}
