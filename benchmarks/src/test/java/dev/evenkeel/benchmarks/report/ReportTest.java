package dev.evenkeel.benchmarks.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.sim.Fault;
import dev.evenkeel.lb.sim.Target;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.NodeList;

class ReportTest {
    private static final Path COMMITTED = Path.of("..", "docs", "report");
    private static final String WHY =
            "Balancing has changed, or the report: if it was meant to, run ./mvnw -q -Preport -pl benchmarks -am process-classes"
                    + " and commit what it writes; if not, or if it differs between two machines, something is wrong.";

    @Test
    void itIsTheSameWhereverAndWheneverItIsWritten() {
        Map<String, String> here = report();
        Locale before = Locale.getDefault();
        Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab")); // other digits, and a comma for the point
        try {
            assertThat(report()).isEqualTo(here);
        } finally {
            Locale.setDefault(before);
        }
    }

    @Test
    void itHasAPageAndTwoPicturesForEachScenario() throws Exception {
        Map<String, String> files = report();

        assertThat(files.keySet()).containsExactly("report.md", "short-latency.svg", "short-share.svg");
        assertThat(files.get("report.md"))
                .contains("| Evenkeel | round robin | random | least in flight | EWMA, failures unpriced |")
                .contains("[A short one](#short)", "<a id=\"short\"></a>", "2 to 4 s: slow ×10.0 (server 1)")
                .contains("(short-latency.svg)", "(short-share.svg)", "| server 1 |", "felt after 2 s for")
                .contains("| oracle | 100 % |")
                .contains("| `leastLoaded(PEAK_EWMA)`, the default | ", "| `rendezvous().boundedLoad(1.25)` | ");
        assertThat(paths(files.get("short-latency.svg")))
                .as("6 lines at least, and their samples")
                .isGreaterThanOrEqualTo(12);
        assertThat(paths(files.get("short-share.svg"))).as("10 servers, twice").isGreaterThanOrEqualTo(20);
    }

    @Test
    void theCommittedReportIsWhatTheCodeOfTodayMakesOfIt() throws IOException {
        Comparison comparison =
                Comparison.alone(scenario("instant-503"), Report.SEED).beside(Contender.PLAIN_PEERS);
        assertThat(committed("instant-503-latency.svg")).as(WHY).isEqualTo(LatencyChart.of(comparison));
        assertThat(committed("instant-503-share.svg")).as(WHY).isEqualTo(ShareChart.of(comparison));
        assertThat(committed(Report.PAGE)).as(WHY).contains(Chapter.of(comparison));
        for (Drawing drawing : List.of(drawing("locality-spill"), drawing("locality-zones"))) {
            Drawing.Content content = drawing.content().get();
            assertThat(committed(drawing.file())).as(WHY).isEqualTo(content.svg());
            assertThat(committed(Report.PAGE)).as(WHY).contains(drawing.chapter(content));
        }
        assertThat(committed(Report.PAGE))
                .as("Ten thousand clients take too long for a test, so it counts the first of them. " + WHY)
                .contains(ConnectionsDrawing.firstRow());
    }

    /** A scenario for each of the other tables: the first column of one, and the last row of the other. */
    @Test
    void theCommittedTablesOfAllPoliciesAndOfKeysAreThoseOfToday() throws IOException {
        String page = committed(Report.PAGE);
        PolicyTable everyPolicy = new PolicyTable();
        everyPolicy.add(Comparison.alone(scenario("calm"), Report.SEED));
        String rows = page.substring(page.indexOf("## Every policy"), page.indexOf("## Keys"));
        for (String row : everyPolicy.text().lines().skip(2).toList()) {
            assertThat(rows).as(WHY).contains("\n" + row.substring(0, row.length() - " |".length()));
        }

        Comparison byKey = Comparison.alone(scenario("keys-slow"), Report.SEED).beside(Contender.BY_KEY);
        Overview overview = new Overview();
        overview.add(byKey, "");
        assertThat(page).as(WHY).contains(overview.table().lines().toList().get(2) + "\n");
        assertThat(page).as(WHY).contains(Chapter.of(byKey));
        assertThat(committed("keys-slow-latency.svg")).as(WHY).isEqualTo(LatencyChart.of(byKey));
    }

    @Test
    void theCommittedPicturesAreThoseOnThePage() throws IOException {
        Set<String> shown = Pattern.compile("!\\[[^]]*]\\(([^)]*)\\)")
                .matcher(committed(Report.PAGE))
                .results()
                .map((MatchResult link) -> link.group(1))
                .collect(Collectors.toSet());
        Stream<String> ofScenarios = ReportCommand.allScenarios().stream()
                .flatMap(scenario -> scenario.attemptsAtTier() > 0
                        ? Stream.of(Chapter.latencyFile(scenario))
                        : Stream.of(Chapter.latencyFile(scenario), Chapter.shareFile(scenario)));
        Set<String> wanted = Stream.concat(ofScenarios, Drawing.all().stream().map(Drawing::file))
                .collect(Collectors.toSet());
        try (Stream<Path> files = Files.list(COMMITTED)) {
            assertThat(files.map(file -> file.getFileName().toString()).filter(name -> !name.equals(Report.PAGE)))
                    .containsExactlyInAnyOrderElementsOf(wanted);
        }
        assertThat(shown).isEqualTo(wanted);
    }

    @Test
    void everyScenarioHasAnIdOfItsOwnThatCanNameAFile() {
        assertThat(ReportCommand.allScenarios())
                .extracting(Scenario::id)
                .doesNotHaveDuplicates()
                .allMatch(id -> id.matches("[a-z0-9-]+"));
    }

    private static Map<String, String> report() {
        Scenario scenario = new Scenario("short", "A short one", "Something is slow.", Fleet.busy())
                .between(2, 4, Fault.slow(Target.server(1), 10))
                .watching(1)
                .sharesBetween(2, 4)
                .recoveryFrom(2)
                .lasting(5)
                .forEveryPolicy();
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        return Report.of(List.of(scenario), List.of(), new Progress(nowhere, false, 1));
    }

    private static Scenario scenario(String id) {
        return ReportCommand.allScenarios().stream()
                .filter(scenario -> scenario.id().equals(id))
                .findFirst()
                .orElseThrow();
    }

    private static Drawing drawing(String id) {
        return Drawing.all().stream()
                .filter(drawing -> drawing.id().equals(id))
                .findFirst()
                .orElseThrow();
    }

    private static String committed(String file) throws IOException {
        return Files.readString(COMMITTED.resolve(file));
    }

    /** Returns how many lines there are in a picture, which must be XML. */
    private static int paths(String svg) throws Exception {
        NodeList paths = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)))
                .getElementsByTagName("path");
        return paths.getLength();
    }
}
