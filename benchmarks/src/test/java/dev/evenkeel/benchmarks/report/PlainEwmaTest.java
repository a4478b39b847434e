package dev.evenkeel.benchmarks.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.sim.Fault;
import dev.evenkeel.lb.sim.Target;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** It must be what it stands for: good with slow servers, and drawn to those that fail at once. */
class PlainEwmaTest {
    @Test
    void aSlowServerLosesItsTraffic() {
        assertThat(share(Contender.PLAIN_EWMA, Fault.slow(Target.server(3), 10)))
                .isLessThan(0.02);
    }

    @Test
    void aServerThatFailsAtOnceAttractsTraffic() {
        Fault failingAtOnce = Fault.errors(Target.server(3), 1, Duration.ofMillis(1));

        assertThat(share(plain(Contender.PLAIN_EWMA), failingAtOnce)).isGreaterThan(0.12);
        assertThat(share(Contender.EVENKEEL, failingAtOnce)).isLessThan(0.02);
    }

    private static Contender plain(Contender contender) {
        return Contender.PLAIN_PEERS.stream()
                .filter(peer -> peer.name().equals(contender.name()))
                .findFirst()
                .orElseThrow();
    }

    private static double share(Contender contender, Fault fault) {
        Scenario scenario = new Scenario("test", "Test", "A test.", Fleet.busy())
                .at(2, fault)
                .watching(3)
                .sharesBetween(4, 10)
                .lasting(10);
        return scenario.sharesOver().of(scenario.run(contender, 1)).share(3);
    }
}
