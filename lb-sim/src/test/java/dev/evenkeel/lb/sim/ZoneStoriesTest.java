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

import dev.evenkeel.lb.locality.ZoneAffinity;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** S13, and what else zones and priorities are there for. */
class ZoneStoriesTest {
    private static final Servers SERVER =
            Servers.workers(8).queue(100).serviceTime(ServiceTime.logNormal(ofMillis(20), 0.4));

    /** Zones of six, two and one; all clients are in the zone of one. */
    private static Simulation lopsided(double ratePerSecond) {
        return Simulation.of(13)
                .servers(6, SERVER.zone("a"))
                .servers(2, SERVER.zone("b"))
                .servers(1, SERVER.zone("c"))
                .clients(
                        10,
                        Clients.ratePerSecond(ratePerSecond)
                                .deadline(ofSeconds(1))
                                .zone("c"));
    }

    private static double share(Period period, int... servers) {
        return IntStream.of(servers).mapToDouble(period::share).sum();
    }

    private static double busiest(Period period) {
        return IntStream.range(0, 9).mapToDouble(period::share).max().orElseThrow();
    }

    @Test
    void s13NoServerIsLoadedFarAboveTheMeanWhereverTheClientsAre() {
        Result result = lopsided(20).run(ofSeconds(40));
        assertThat(busiest(result.whole())).isLessThan(1.3 / 9 + 0.005);
        assertThat(result.whole().share(8))
                .as("more than its part stays in the zone")
                .isGreaterThan(1.2 / 9);
        assertThat(result.successRate()).isEqualTo(1);

        Result unbounded = lopsided(20)
                .loadBalancer(builder -> builder.zoneAffinity(ZoneAffinity.DEFAULT.maxLoad(9)))
                .run(ofSeconds(40));
        assertThat(busiest(unbounded.whole())).isGreaterThan(1.3 / 9 + 0.005);
    }

    @Test
    void s13AZoneThatDiesSpillsWithinASecondAndReturnsWithoutASwing() {
        Result result = lopsided(120)
                .between(ofSeconds(10), ofSeconds(30), crash(zone("c")))
                .run(ofSeconds(100));

        assertThat(result.successRate()).isGreaterThan(0.999);
        assertThat(result.between(ofSeconds(11), ofSeconds(30)).share(8)).isLessThan(0.005);
        for (int second = 11; second < 30; second++) {
            assertThat(busiest(result.between(ofSeconds(second), ofSeconds(second + 1))))
                    .isLessThan(1.3 / 8 + 0.02);
        }
        double before = result.between(ZERO, ofSeconds(10)).share(8);
        for (int second = 30; second < 95; second += 5) {
            Period later = result.between(ofSeconds(second), ofSeconds(second + 5));
            assertThat(later.share(8)).as("%d s", second).isLessThan(1.2 * before);
            assertThat(busiest(later)).isLessThan(1.3 / 8 + 0.02);
        }
        assertThat(result.between(ofSeconds(80), ofSeconds(100)).share(8)).isEqualTo(before, within(0.2 * before));
    }

    @Test
    void s13AZoneThatIsCutOffSpillsWithinASecond() {
        Result result = lopsided(120)
                .between(ofSeconds(10), ofSeconds(30), blackHole(zone("c")))
                .run(ofSeconds(60));

        assertThat(result.between(ofSeconds(11), ofSeconds(30)).share(8)).isLessThan(0.02);
        assertThat(result.successRate()).isGreaterThan(0.995);
    }

    @Test
    void aSlowServerThatIsAloneInItsZoneLosesItsTraffic() {
        Result result = lopsided(120)
                .between(ofSeconds(10), ofSeconds(30), slow(server(8), 20))
                .run(ofSeconds(40));

        assertThat(result.between(ofSeconds(11), ofSeconds(30)).share(8)).isLessThan(0.04);
        assertThat(result.successRate()).isGreaterThan(0.998);
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
            assertThat(result.successRate()).isGreaterThan(0.995);
        }
    }
}
