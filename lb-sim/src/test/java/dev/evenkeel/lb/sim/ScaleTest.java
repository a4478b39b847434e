package dev.evenkeel.lb.sim;

import static dev.evenkeel.lb.sim.Fleets.seconds;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ScaleTest {
    @Test
    void twoHundredClientsAndServersAreAnOrdinaryRun() {
        Result result = Simulation.of(5)
                .servers(200, Servers.workers(4))
                .clients(200, Clients.ratePerSecond(80))
                .between(seconds(2), seconds(4), Fault.crash(Target.servers(7, 8, 9)))
                .run(seconds(10));

        assertThat(result.calls()).isGreaterThan(150_000);
        assertThat(result.successRate()).isGreaterThan(0.999);
        assertThat(result.inFlightAtEnd()).isZero();
    }

    @Test
    void tenThousandServersWork() {
        Result result = Simulation.of(5)
                .servers(10_000, Servers.workers(1))
                .clients(3, Clients.ratePerSecond(2_000))
                .between(seconds(0.5), seconds(1.5), Fault.absent(Target.servers(1, 9_999)))
                .run(seconds(2));

        assertThat(result.failures()).isEmpty();
        assertThat(result.inFlightAtEnd()).isZero();
    }
}
