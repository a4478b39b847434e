package dev.evenkeel.lb.sim;

import static dev.evenkeel.lb.sim.Fault.blackHole;
import static dev.evenkeel.lb.sim.Fault.crash;
import static dev.evenkeel.lb.sim.Fault.refuse;
import static dev.evenkeel.lb.sim.Fault.slow;
import static dev.evenkeel.lb.sim.Target.server;
import static dev.evenkeel.lb.sim.Target.servers;
import static dev.evenkeel.lb.sim.Target.zone;
import static java.time.Duration.ZERO;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.evenkeel.lb.LoadBalancerBuilder;
import dev.evenkeel.lb.locality.ZoneAffinity;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** S13, and what else zones and priorities are there for. */
class ZoneStoriesTest {
    private static final Servers SERVER =
            Servers.workers(8).queue(100).serviceTime(ServiceTime.logNormal(ofMillis(20), 0.4));

    private static final int CLIENTS = 10;
    private static final int HOME = 8; // the one server in the clients' zone

    /** Calls of one client a second that make 60 % of what the nine servers can do; the one at home could do 18 % of them. */
    private static final double BUSY = 200;

    /** What stays in the zone where it has one server of nine: maxLoad is 1.3. */
    private static final double STAYS = 1.3 / 9;

    /** What each other server gets then. */
    private static final double OTHERS = (1 - STAYS) / 8;

    /** No client tries an endpoint more often in 20 s: pauses are 0.8, 1.6 … s at the shortest, and five failures in a row eject. */
    private static final int TRIALS = 5;

    /** By when everybody has found a server that was away from 10 to 30 s: the last pause is 16 s, or a fifth more. */
    private static final double FOUND = 30 + 1.2 * 16;

    /** When nothing of it is left, looked at once a second. */
    private static final int SETTLED = 81;

    /** So many seconds after it was found a server has its share, if it is warm: 2.5 times as much each second, from a tenth on. */
    private static final int WARM = 5;

    private static final int END = 101;

    /** Zones of six, two and one; all clients are in the zone of one. */
    private static Simulation lopsided(long seed, double ratePerSecond) {
        return Simulation.of(seed)
                .servers(6, SERVER.zone("a"))
                .servers(2, SERVER.zone("b"))
                .servers(1, SERVER.zone("c"))
                .clients(
                        CLIENTS,
                        Clients.ratePerSecond(ratePerSecond)
                                .deadline(ofSeconds(1))
                                .zone("c"));
    }

    private static Simulation losingHome(long seed) {
        return lopsided(seed, BUSY).between(ofSeconds(10), ofSeconds(30), crash(zone("c")));
    }

    private static LoadBalancerBuilder unbounded(LoadBalancerBuilder builder) {
        return builder.zoneAffinity(ZoneAffinity.DEFAULT.maxLoad(9));
    }

    private static Period between(Result result, int fromSeconds, int toSeconds) {
        return result.between(ofSeconds(fromSeconds), ofSeconds(toSeconds));
    }

    private static double share(Period period, int... servers) {
        return IntStream.of(servers).mapToDouble(period::share).sum();
    }

    private static double busiestOfOthers(Period period) {
        return IntStream.range(0, HOME).mapToDouble(period::share).max().orElseThrow();
    }

    private static double leastOfOthers(Period period) {
        return IntStream.range(0, HOME).mapToDouble(period::share).min().orElseThrow();
    }

    /**
     * How far chance takes a share. Each call draws by itself whether it stays, so what stays of n calls is binomial, and is off by more than
     * four standard deviations in one period of 16,000.
     */
    private static double chance(double share, Period period) {
        return 4 * Math.sqrt(share * (1 - share) / period.calls());
    }

    /**
     * How far shares swing after the zone's return, as parts of what they are in the end. They have a way to go: the zone's from nothing to
     * 1.3/9, those of the others from 1/8 to the rest. A swing is what leaves that way, or goes back on it. The zone is looked at for 5 s at
     * a time, the others for 10 s, as averages of latency are: for that long one of them is preferred to another when nothing happens, too.
     */
    private static double swing(Result result) {
        double swing = 0;
        double before = 0;
        for (int second = 36; second < END; second += 5) {
            double home = between(result, second, second + 5).share(HOME);
            swing = Math.max(swing, home / STAYS - 1);
            swing = Math.max(swing, (before - home) / STAYS);
            before = Math.max(before, home);
            Period longer = between(result, second - 5, second + 5);
            swing = Math.max(swing, busiestOfOthers(longer) / (1.0 / 8) - 1);
            swing = Math.max(swing, 1 - leastOfOthers(longer) / OTHERS);
        }
        return swing;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void s13NoServerIsLoadedFarAboveTheMeanWhereverTheClientsAre(long seed) {
        for (double rate : new double[] {20, 120, BUSY}) {
            Result result = calm(seed, rate, builder -> builder);
            Period whole = result.whole();
            assertThat(whole.share(HOME)).isEqualTo(STAYS, within(chance(STAYS, whole)));
            assertThat(busiestOfOthers(whole)).isLessThan(1.3 / 9);
            assertThat(result.successRate()).isEqualTo(1);
            assertThat(result.latency().percentile(99)).isLessThan(ofMillis(60));
        }

        Result idle = calm(seed, 20, ZoneStoriesTest::unbounded);
        assertThat(idle.whole().share(HOME)).as("without a bound").isGreaterThan(2 * STAYS);
        Result drowned = calm(seed, BUSY, ZoneStoriesTest::unbounded);
        assertThat(drowned.latency().percentile(99)).as("without a bound").isGreaterThan(ofMillis(60));
    }

    /** 200,000 calls, whatever the rate, so that chance takes shares equally far. */
    private static Result calm(long seed, double rate, UnaryOperator<LoadBalancerBuilder> settings) {
        return lopsided(seed, rate).loadBalancer(settings).run(ofSeconds((long) (20_000 / rate)));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void s13AZoneThatDiesSpillsWithinASecond(long seed) {
        Result result = losingHome(seed).run(ofSeconds(30));

        assertThat(result.successRate()).isEqualTo(1);
        assertThat(result.timeToRecover(ofSeconds(10)).orElseThrow()).isLessThanOrEqualTo(ofSeconds(1));
        assertThat(between(result, 11, 30).picks(HOME)).isLessThanOrEqualTo(TRIALS * CLIENTS);
        for (int second = 11; second < 30; second++) {
            Period period = between(result, second, second + 1);
            assertThat(busiestOfOthers(period)).as("%d s", second).isLessThan(1.3 / 8);
        }
    }

    /** Its servers are warm when they are back, and show it within seconds of being found. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void s13AZoneReturnsAsSoonAsItsServersAreWarmAndWithoutASwing(long seed) {
        Result result = losingHome(seed).run(ofSeconds(END));

        assertThat(result.successRate()).isEqualTo(1);
        assertThat(swing(result)).isLessThan(0.2);
        for (int second = 30; second < END - 5; second += 5) {
            Period period = between(result, second, second + 5);
            double least = second < FOUND + WARM ? 0 : STAYS - chance(STAYS, period);
            assertThat(period.share(HOME)).as("%d s", second).isBetween(least, STAYS + chance(STAYS, period));
            assertThat(busiestOfOthers(period)).isLessThan(second < SETTLED ? 1.3 / 8 : 1.3 / 9);
        }
        Period settled = between(result, SETTLED, END);
        assertThat(settled.share(HOME)).isEqualTo(STAYS, within(chance(STAYS, settled)));

        Result unbounded =
                losingHome(seed).loadBalancer(ZoneStoriesTest::unbounded).run(ofSeconds(END));
        assertThat(swing(unbounded)).as("without a bound").isGreaterThan(0.2);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void s13AZoneThatIsCutOffSpillsWithinASecond(long seed) {
        Result result = lopsided(seed, BUSY)
                .between(ofSeconds(10), ofSeconds(30), blackHole(zone("c")))
                .run(ofSeconds(60));

        assertSpilled(result);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void aSlowServerThatIsAloneInItsZoneLosesItsTraffic(long seed) {
        Result result = lopsided(seed, BUSY)
                .between(ofSeconds(10), ofSeconds(30), slow(server(HOME), 20))
                .run(ofSeconds(60));

        assertSpilled(result);
    }

    /** Nothing says at once that such a server is gone, so calls are lost; but not those of more than a second. */
    private static void assertSpilled(Result result) {
        assertThat(result.timeToRecover(ofSeconds(10)).orElseThrow()).isLessThanOrEqualTo(ofSeconds(1));
        assertThat(between(result, 11, 30).picks(HOME)).isLessThanOrEqualTo(TRIALS * CLIENTS);
        assertThat((double) result.whole().failures()).isLessThan(STAYS * BUSY * CLIENTS);
    }

    @Test
    void clientsInAllZonesStayAtHomeWhereThatIsKnown() {
        Simulation even = Simulation.of(14).servers(4, SERVER.zone("a")).servers(4, SERVER.zone("b"));
        for (String zone : new String[] {"a", "b"}) {
            even = even.clients(5, Clients.ratePerSecond(120).zone(zone));
        }
        Result spread = even.loadBalancer(builder -> builder.zoneAffinity(ZoneAffinity.DEFAULT.clientShare(0.5)))
                .between(ofSeconds(10), ofSeconds(20), refuse(zone("a")))
                .run(ofSeconds(20));

        assertThat(share(spread.between(ZERO, ofSeconds(10)), 0, 1, 2, 3)).isEqualTo(0.5, within(0.02));
        assertThat(share(spread.between(ofSeconds(11), ofSeconds(20)), 4, 5, 6, 7))
                .isGreaterThan(0.99);
    }

    @Test
    void trafficSpillsToTheNextPriorityAsServersOfTheFirstGo() {
        Simulation story = Simulation.of(15)
                .servers(10, SERVER)
                .servers(10, SERVER.priority(1))
                .clients(10, Clients.ratePerSecond(60));
        for (int gone = 0; gone <= 10; gone++) {
            Result result = gone == 0
                    ? story.run(ofSeconds(10))
                    : story.at(
                                    ofSeconds(1),
                                    refuse(servers(IntStream.range(0, gone).toArray())))
                            .run(ofSeconds(10));
            double first = share(
                    result.between(ofSeconds(2), ofSeconds(10)),
                    IntStream.range(gone, 10).toArray());

            assertThat(first).as("%d of 10 gone", gone).isEqualTo(Math.min(1, 0.14 * (10 - gone)), within(0.03));
            assertThat(result.whole().failures())
                    .as("each client finds out once who is gone, and a call fails that finds out about three")
                    .isLessThanOrEqualTo(10 * gone / 3);
        }
    }
}
