package dev.evenkeel.benchmarks.report;

import dev.evenkeel.lb.LoadBalancerBuilder;
import dev.evenkeel.lb.retry.RetryBudget;
import dev.evenkeel.lb.retry.RetryPolicy;
import dev.evenkeel.lb.sim.Fault;
import dev.evenkeel.lb.sim.Result;
import dev.evenkeel.lb.sim.Simulation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A fleet, what befalls it, and where to look. Described once, then only read; a description may be run as often as one likes. */
final class Scenario {
    private final String id;
    private final String title;
    private final String story;
    private final Fleet fleet;
    private final List<Episode> episodes = new ArrayList<>();
    private Duration length = Duration.ofSeconds(40);
    private List<Integer> watched = List.of();
    private Span sharesOver = Span.NOTHING;
    private @Nullable Duration recovery; // from when on it counts; null where it makes no sense
    private int attemptsAtTier;
    private boolean repeats = true;
    private boolean forEveryPolicy;
    private boolean aboutKeys;

    /**
     * Begins a description of a run of 40 s without faults.
     *
     * @param id names the pictures' files
     * @param title a few words
     * @param story a sentence
     */
    Scenario(String id, String title, String story, Fleet fleet) {
        this.id = id;
        this.title = title;
        this.story = story;
        this.fleet = fleet;
    }

    Scenario lasting(double seconds) {
        length = Numbers.ofSeconds(seconds);
        return this;
    }

    /** Lets a fault begin that stays. */
    Scenario at(double start, Fault fault) {
        return add(start, null, fault, false);
    }

    /** Lets a fault begin and end. */
    Scenario between(double start, double end, Fault fault) {
        return add(start, end, fault, false);
    }

    /** Lets a fault begin that ends by itself, then. */
    Scenario until(double start, double end, Fault fault) {
        return add(start, end, fault, true);
    }

    private Scenario add(double start, @Nullable Double end, Fault fault, boolean endsByItself) {
        Duration to = end == null ? null : Numbers.ofSeconds(end);
        episodes.add(new Episode(Numbers.ofSeconds(start), to, fault, endsByItself));
        return this;
    }

    /** Names the servers whose share of the traffic the story is about. */
    Scenario watching(Integer... servers) {
        watched = List.of(servers);
        return this;
    }

    /** Says over which part of the run, in seconds, shares are counted; all of it unless said. */
    Scenario sharesBetween(double from, double to) {
        sharesOver = new Span(Numbers.ofSeconds(from), Numbers.ofSeconds(to));
        return this;
    }

    /** Says from when on it counts how long callers feel something. */
    Scenario recoveryFrom(double seconds) {
        recovery = Numbers.ofSeconds(seconds);
        return this;
    }

    /** Says that attempts are counted at a tier behind the first, where the story is about chains; shares then say nothing. */
    Scenario countingAttemptsAt(int tier) {
        attemptsAtTier = tier;
        return this;
    }

    /** Turns retries off for all policies. */
    Scenario withoutRetries() {
        repeats = false;
        return this;
    }

    /** Says that it is run with every policy that there is. */
    Scenario forEveryPolicy() {
        forEveryPolicy = true;
        return this;
    }

    /** Says that the story is about keys: it is run with policies that look at them, in place of our peers. */
    Scenario aboutKeys() {
        aboutKeys = true;
        return this;
    }

    /** Runs it with a policy. */
    Result run(Contender contender, long seed) {
        Simulation simulation = fleet.description().apply(seed);
        for (Episode episode : episodes) {
            simulation = episode.addTo(simulation);
        }
        return simulation
                .loadBalancer(builder -> repeats ? contender.settings().apply(builder) : once(contender, builder))
                .run(length);
    }

    private static LoadBalancerBuilder once(Contender contender, LoadBalancerBuilder builder) {
        return contender.settings().apply(builder).retry(RetryPolicy.NONE).retryBudget(RetryBudget.Settings.DEFAULT);
    }

    boolean isForEveryPolicy() {
        return forEveryPolicy;
    }

    boolean isAboutKeys() {
        return aboutKeys;
    }

    /** Returns whether calls may be repeated. */
    boolean repeats() {
        return repeats;
    }

    String id() {
        return id;
    }

    String title() {
        return title;
    }

    String story() {
        return story;
    }

    Fleet fleet() {
        return fleet;
    }

    Duration length() {
        return length;
    }

    List<Episode> episodes() {
        return List.copyOf(episodes);
    }

    List<Integer> watched() {
        return watched;
    }

    Span sharesOver() {
        return sharesOver.equals(Span.NOTHING) ? new Span(Duration.ZERO, length) : sharesOver;
    }

    int attemptsAtTier() {
        return attemptsAtTier;
    }

    Optional<Duration> recovery() {
        return Optional.ofNullable(recovery);
    }

    /** Returns when something is wrong, in order and without overlaps. */
    List<Span> disturbed() {
        return Span.union(
                episodes.stream().map(episode -> episode.within(length)).toList());
    }
}
