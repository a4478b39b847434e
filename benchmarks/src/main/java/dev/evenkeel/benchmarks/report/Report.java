package dev.evenkeel.benchmarks.report;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.LongStream;

/** The whole report as texts by the names of their files. The same every time, on every machine and JDK. */
final class Report {
    static final String PAGE = "report.md";

    static final long SEED = 1;

    private static final long LAST_SEED = 5;

    private final List<Scenario> scenarios;
    private final List<Drawing> drawings;
    private final Map<String, String> files = new TreeMap<>();
    private final Overview plain = new Overview();
    private final Overview guarded = new Overview();
    private final Overview more = new Overview();
    private final Overview byKey = new Overview();
    private final PolicyTable everyPolicy = new PolicyTable();
    private final StringBuilder drawn = new StringBuilder();
    private final StringBuilder chapters = new StringBuilder();

    private Report(List<Scenario> scenarios, List<Drawing> drawings) {
        this.scenarios = scenarios;
        this.drawings = drawings;
    }

    /** Runs all scenarios with all policies, and draws. */
    static Map<String, String> of(List<Scenario> scenarios, List<Drawing> drawings, Progress progress) {
        return new Report(scenarios, drawings).write(progress);
    }

    private Map<String, String> write(Progress progress) {
        for (Scenario scenario : scenarios) {
            progress.begin(scenario.title());
            Comparison comparison = compare(scenario);
            chapters.append('\n').append(Chapter.of(comparison));
            files.put(Chapter.latencyFile(scenario), LatencyChart.of(comparison));
            if (scenario.attemptsAtTier() == 0) {
                files.put(Chapter.shareFile(scenario), ShareChart.of(comparison));
            }
        }
        for (Drawing drawing : drawings) {
            progress.begin(drawing.title());
            Drawing.Content content = drawing.content().get();
            drawn.append('\n').append(drawing.chapter(content));
            files.put(drawing.file(), content.svg());
        }
        files.put(PAGE, page());
        return files;
    }

    /** Runs a scenario with all that it is for, and returns what its chapter shows. */
    private Comparison compare(Scenario scenario) {
        Comparison alone = Comparison.alone(scenario, SEED);
        if (scenario.isForEveryPolicy()) {
            everyPolicy.add(alone);
        }
        if (scenario.isAboutKeys()) {
            Comparison comparison = alone.beside(Contender.BY_KEY);
            byKey.add(comparison, "");
            return comparison;
        }
        Comparison comparison = alone.beside(Contender.PLAIN_PEERS);
        plain.add(comparison, spread(scenario));
        guarded.add(alone.beside(Contender.GUARDED_PEERS), "");
        if (scenario.repeats()) {
            more.add(alone.beside(Contender.WITH_MORE), "");
        }
        return comparison;
    }

    /** Returns how much our ratio depends on the seed. */
    private static String spread(Scenario scenario) {
        double[] ratios = LongStream.rangeClosed(SEED + 1, LAST_SEED)
                .mapToObj(seed -> Comparison.alone(scenario, seed))
                .mapToDouble(comparison -> comparison.ours().ratio())
                .sorted()
                .toArray();
        String least = Numbers.fixed(ratios[0], 2);
        String most = Numbers.fixed(ratios[ratios.length - 1], 2);
        return least.equals(most) ? least : least + "–" + most;
    }

    private String page() {
        return """
                # What callers feel

                Every scenario with every policy in the [simulator](../simulator.md), which runs the real code in virtual time. This page and its
                pictures are written by `./mvnw -q -Preport -pl benchmarks -am process-classes` and are the same, byte for byte, on every machine and
                JDK; do not edit them. A change of balancing behaviour runs the command in the same commit, so that the difference can be seen.

                ## All of it

                A cell is the 99th percentile of latency over the whole run as a multiple of what the [oracle](../simulator.md#what-you-get) shows to be
                the least possible for the same calls, then the share of calls that succeeded, then attempts per call where they are more than 1.05. A failed call counts
                with its deadline, 1 s, so that is the p99 of whoever fails more than one call in a hundred; in an overload that is everybody, the
                oracle too, so every ratio is 1.00 and what counts is success and attempts.

                Bold is what no other policy beats, unless all are alike. Fewer failures are better; where they are the same to %4$s percentage points,
                a lower p99 is; where that is the same to %3$s %%, fewer attempts are. Less than that is luck: the last column is the least and the most
                of our ratio with four other seeds.

                %1$s
                **Where a peer does better than Evenkeel**, by more than that:

                %2$s
                ## Who takes part

                - **Evenkeel**: the default configuration, `leastLoaded(PEAK_EWMA)` of two, with outlier detection, slow start and retry budget.
                - **round robin**, **random**, **least in flight** (of two): the algorithm as its name says. Outlier detection, slow start, panic, zones
                  and doubt about lists that shrink are off, and retries have no budget.
                - **EWMA, failures unpriced**: the better of two by a moving average of latency times what is in flight, in which a failure counts as
                  what it took. The same is off.
                - What cannot be switched off, or is the same for all, helps the peers too: three attempts per call, on other servers first; a server
                  that refuses connections is out for a while. So these are ideas, not products.
                - **oracle**: a bound that no load balancer beats: each call as fast as it would be alone, sent with knowledge of the future.

                ## The algorithm alone

                The same, with all of our default protections for everybody. What is left is the algorithm: `roundRobin()`, `random()` and the EWMA
                ignore weights, and with them slow start.

                %5$s
                **Where a peer does better than Evenkeel** with the same protections:

                %6$s
                ## With more switched on

                Evenkeel with an attempt timeout of 300 ms, and with hedging after the observed p95, both off by default. A request that is long is
                long on every server of the simulator, so where nothing is wrong an attempt beside it gains nothing and costs load.

                %8$s
                ## Every policy

                All policies with all default protections, on the same calls. Each call has one of %9$s keys, all equally often, at which
                `ringHash()`, `maglev()` and `rendezvous()` look: they send a key where it belongs whether or not that is busy, unless their load is
                bounded. A bound counts what one client has in flight, so a client of few calls is bound early.

                %10$s
                ## Keys

                What it costs that equal calls go to the same server, with all default protections; Evenkeel's default policy does not look at keys.
                Each scenario below says how many attempts went elsewhere than the one before with the same key.

                %11$s
                ## Where traffic goes

                Real load balancers in virtual time, not formulas.
                %12$s
                ## Scenario by scenario

                "Felt for" is how long it took until for a second 99.9 %% of the calls succeeded and 99 %% took at most 1.5 times the p99 before the first
                fault. Grey is when something is wrong. The seed is %7$s.
                """.formatted(
                                plain.table(),
                                plain.defeats(),
                                Numbers.fixed(Standing.SAME_P99 * 100, 0),
                                Numbers.fixed(Standing.SAME_SUCCESS * 100, 2),
                                guarded.table(),
                                guarded.defeats(),
                                SEED,
                                more.table(),
                                Numbers.thousands(Fleet.KEYS),
                                everyPolicy.text(),
                                byKey.table(),
                                drawn)
                + chapters;
    }
}
