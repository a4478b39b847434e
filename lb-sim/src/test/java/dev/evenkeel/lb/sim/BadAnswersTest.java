package dev.evenkeel.lb.sim;

import static dev.evenkeel.lb.sim.Fault.blip;
import static dev.evenkeel.lb.sim.Fault.pushback;
import static dev.evenkeel.lb.sim.Fault.rejects;
import static dev.evenkeel.lb.sim.Fleets.millis;
import static dev.evenkeel.lb.sim.Fleets.seconds;
import static dev.evenkeel.lb.sim.Target.server;
import static java.time.Duration.ZERO;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.retry.RetryPolicy;
import org.junit.jupiter.api.Test;

/** Servers that push back, refuse requests, or answer badly a single time. */
class BadAnswersTest {
    private static final Servers WELL = Servers.workers(50).serviceTime(ServiceTime.constant(millis(20)));

    /** One server that is never busy enough to queue, and clients that try once. */
    private static Simulation oneServer(int clients) {
        return Simulation.of(1)
                .servers(1, WELL)
                .clients(clients, Clients.ratePerSecond(100).deadline(seconds(4)))
                .networkDelay(millis(1))
                .loadBalancer(builder -> Fleets.bare(builder).retry(RetryPolicy.NONE));
    }

    @Test
    void aFullQueuePushesBackWhereToldTo() {
        Servers small = Servers.workers(1).queue(2).serviceTime(ServiceTime.constant(millis(100)));
        for (Servers servers : new Servers[] {small, small.pushbackWhenFull(millis(500))}) {
            Result result = Simulation.of(1)
                    .servers(1, servers)
                    .clients(1, Clients.ratePerSecond(30))
                    .loadBalancer(builder -> Fleets.bare(builder).retry(RetryPolicy.NONE))
                    .run(seconds(20));

            boolean plain = servers.equals(small);
            assertThat(result.attempts(Outcome.Kind.UNAVAILABLE) > 0).isEqualTo(plain);
            assertThat(result.attempts(Outcome.Kind.PUSHBACK) > 0).isEqualTo(!plain);
        }
    }

    @Test
    void theLoadBalancerHearsForHowLongItIsAskedToPause() {
        Result noPause = Simulation.of(1)
                .servers(1, WELL)
                .clients(1, Clients.ratePerSecond(100))
                .loadBalancer(Fleets::bare)
                .between(seconds(1), millis(1_100), pushback(server(0), 1, ZERO, ZERO))
                .run(seconds(3));
        Result pause = Simulation.of(1)
                .servers(1, WELL)
                .clients(1, Clients.ratePerSecond(100))
                .loadBalancer(Fleets::bare)
                .between(seconds(1), millis(1_100), pushback(server(0), 1, millis(200), ZERO))
                .run(seconds(3));

        assertThat(noPause.failures()).as("nothing to wait for").containsOnlyKeys("HTTP 503");
        assertThat(pause.failures()).as("tried again when it may").isEmpty();
        assertThat(pause.latency().max()).isBetween(millis(220), millis(250));
    }

    @Test
    void pushbackComesAsOftenAndAsFastAsTold() {
        Result result =
                oneServer(1).at(ZERO, pushback(server(0), 0.3, ZERO, millis(2))).run(seconds(60));

        assertThat(result.attempts(Outcome.Kind.PUSHBACK) / (double) result.calls())
                .isCloseTo(0.3, within(0.03));
        assertThat(result.timesOut(0)).as("it is no failure of the endpoint").isZero();
    }

    @Test
    void aRejectedRequestHasFailedAndIsNotSentAgain() {
        Result result = Simulation.of(1)
                .servers(2, WELL)
                .clients(1, Clients.ratePerSecond(100))
                .loadBalancer(Fleets::bare)
                .between(seconds(1), seconds(9), rejects(server(0), 0.5, millis(2)))
                .run(seconds(10));

        assertThat(result.failures()).containsOnlyKeys("HTTP 404");
        assertThat(result.attempts(Outcome.Kind.REJECTED))
                .isEqualTo(result.whole().failures());
        assertThat(result.attemptsPerCall()).isEqualTo(1);
        assertThat(result.between(seconds(9.1), seconds(10)).failures()).isZero();
    }

    @Test
    void aBlipHitsOneAttemptInAllOrOneOfEachClient() {
        Result inAll =
                oneServer(5).at(seconds(1), blip(server(0), Blip.error())).run(seconds(3));
        Result perClient = oneServer(5)
                .at(seconds(1), blip(server(0), Blip.error().perClient()))
                .run(seconds(3));

        assertThat(inAll.failures()).containsOnlyKeys("HTTP 503").containsValue(1L);
        assertThat(perClient.failures()).containsOnlyKeys("HTTP 503").containsValue(5L);
        assertThat(perClient.between(ZERO, seconds(1)).failures()).isZero();
    }

    @Test
    void twoBlipsHitTwoAttempts() {
        Result result = oneServer(1)
                .at(seconds(1), blip(server(0), Blip.error()))
                .at(seconds(1), blip(server(0), Blip.error()))
                .run(seconds(3));

        assertThat(result.whole().failures()).isEqualTo(2);
    }

    @Test
    void aLateAnswerIsGoodAndComesSoMuchLater() {
        Result result = oneServer(1)
                .at(seconds(1), blip(server(0), Blip.lateAnswer(seconds(3))))
                .run(seconds(6));

        assertThat(result.failures()).isEmpty();
        assertThat(result.latency().max()).isEqualTo(seconds(3).plusMillis(22));
        assertThat(result.between(ZERO, seconds(4)).latency().max())
                .as("no other")
                .isEqualTo(millis(22));
    }

    @Test
    void aLostAnswerIsWaitedForInVain() {
        Result result =
                oneServer(1).at(seconds(1), blip(server(0), Blip.noAnswer())).run(seconds(6));

        assertThat(result.failures()).containsOnlyKeys("deadline").containsValue(1L);
        assertThat(result.servers().get(0).received()).isEqualTo(result.calls());
        assertThat(result.servers().get(0).left()).isZero();
    }

    @Test
    void theEndOfABlipSparesWhatItHasNotHit() {
        Result result = oneServer(1)
                .between(seconds(1), seconds(1).plusNanos(1), blip(server(0), Blip.error()))
                .run(seconds(3));

        assertThat(result.failures()).isEmpty();
    }

    @Test
    void badSettingsAreRefused() {
        assertThatThrownBy(() -> pushback(server(0), 1.5, ZERO, ZERO)).hasMessageContaining("probability is 1.5");
        assertThatThrownBy(() -> pushback(server(0), 1, millis(-1), ZERO)).hasMessageContaining("pause is -1 ms");
        assertThatThrownBy(() -> rejects(server(0), 1, millis(-1))).hasMessageContaining("answerTime is -1 ms");
        assertThatThrownBy(() -> Blip.lateAnswer(ZERO)).hasMessageContaining("by is 0 s");
        assertThatThrownBy(() -> WELL.pushbackWhenFull(millis(-1))).hasMessageContaining("pushbackWhenFull is -1 ms");
    }
}
