package dev.evenkeel.lb.sim;

import static dev.evenkeel.lb.sim.Fleets.millis;
import static dev.evenkeel.lb.sim.Fleets.seconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.retry.RetryPolicy;
import java.time.Duration;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

/** A single server with exponential service times is a textbook queue, whose mean wait is known. */
class QueueingTheoryTest {
    private static final double SERVICES_PER_SECOND = 100;
    private static final double UTILISATION = 0.7;

    @Test
    void oneWorkerWaitsAsLongAsTheoryForMM1Says() {
        double expected = UTILISATION / (SERVICES_PER_SECOND * (1 - UTILISATION));

        assertThat(meanWaitSeconds(1)).isCloseTo(expected, Percentage.withPercentage(4));
    }

    @Test
    void fourWorkersWaitAsLongAsErlangCSays() {
        int workers = 4;
        double offered = UTILISATION * workers;
        double below = 0;
        double term = 1; // offered to the power of k, divided by k!
        for (int k = 0; k < workers; k++) {
            below += term;
            term *= offered / (k + 1);
        }
        double queueing = term / (1 - UTILISATION);
        double probabilityOfWaiting = queueing / (below + queueing);
        double expected = probabilityOfWaiting / (workers * SERVICES_PER_SECOND * (1 - UTILISATION));

        assertThat(meanWaitSeconds(workers)).isCloseTo(expected, Percentage.withPercentage(4));
    }

    private static double meanWaitSeconds(int workers) {
        Result result = Simulation.of(11)
                .servers(1, Servers.workers(workers).queue(1_000_000).serviceTime(ServiceTime.exponential(millis(10))))
                .clients(
                        7,
                        Clients.ratePerSecond(UTILISATION * workers * SERVICES_PER_SECOND / 7)
                                .deadline(Duration.ofMinutes(5)))
                .networkDelay(Duration.ZERO)
                .loadBalancer(builder -> builder.retry(RetryPolicy.NONE))
                .run(seconds(10_000.0 / workers));
        assertThat(result.calls()).isGreaterThan(600_000);
        return result.latency().mean().toNanos() / 1e9 - 1 / SERVICES_PER_SECOND;
    }
}
