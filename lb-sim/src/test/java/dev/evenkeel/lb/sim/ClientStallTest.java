package dev.evenkeel.lb.sim;

import static dev.evenkeel.lb.sim.Fault.clientStall;
import static dev.evenkeel.lb.sim.Fleets.millis;
import static dev.evenkeel.lb.sim.Fleets.seconds;
import static dev.evenkeel.lb.sim.Target.server;
import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.retry.RetryPolicy;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Clients that stand still see late what happened in time. */
class ClientStallTest {
    private static Simulation fleet(Duration serviceTime) {
        return Simulation.of(1)
                .servers(2, Servers.workers(2_000).serviceTime(ServiceTime.constant(serviceTime)))
                .clients(2, Clients.ratePerSecond(100).deadline(seconds(1)))
                .networkDelay(millis(1))
                .loadBalancer(builder -> Fleets.bare(builder).retry(RetryPolicy.NONE));
    }

    @Test
    void answersAreSeenAndCallsAreMadeWhenItIsOver() {
        Result result =
                fleet(millis(20)).between(seconds(2), seconds(4), clientStall()).run(seconds(6));

        Latencies afterwards = result.between(seconds(4), seconds(4.1)).latency();
        assertThat(result.between(seconds(2), seconds(4)).calls()).isZero();
        assertThat(result.successRate()).as("what was answered in time").isEqualTo(1);
        assertThat(afterwards.max()).as("the oldest").isBetween(millis(1_990), millis(2_023));
        assertThat(afterwards.count()).isGreaterThan(380);
        assertThat(result.between(seconds(4.1), seconds(6)).latency().max()).isEqualTo(millis(22));
        assertThat(result.inFlightAtEnd()).isZero();
    }

    @Test
    void timersFireLate() {
        Result result = fleet(millis(1_500))
                .between(seconds(2), seconds(4), clientStall())
                .run(seconds(6));

        assertThat(result.failures()).containsOnlyKeys("deadline");
        assertThat(result.between(seconds(2), seconds(4)).calls()).isZero();
        assertThat(result.between(seconds(4), seconds(4.1)).failures())
                .as("those whose deadlines passed meanwhile")
                .isBetween(160L, 240L);
    }

    @Test
    void whatDiscoverySaysIsHeardAfterwards() {
        Result result = fleet(millis(20))
                .between(seconds(2), seconds(4), clientStall())
                .at(seconds(3), Fault.absent(server(0)))
                .run(seconds(6));

        assertThat(result.events(Event.Type.REMOVED)).isEqualTo(2);
        assertThat(result.between(seconds(5), seconds(6)).picks(0)).isZero();
    }

    @Test
    void aStallToTheEndOfTheRunEndsWithIt() {
        Result result = fleet(millis(20)).at(seconds(2), clientStall()).run(seconds(6));

        assertThat(result.whole().calls()).isEqualTo(result.calls());
        assertThat(result.inFlightAtEnd()).isZero();
        assertThat(result.latency().max()).isGreaterThan(seconds(3));
    }
}
