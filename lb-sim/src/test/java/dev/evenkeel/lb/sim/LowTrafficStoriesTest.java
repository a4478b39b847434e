package dev.evenkeel.lb.sim;

import static dev.evenkeel.lb.sim.Fault.crash;
import static dev.evenkeel.lb.sim.Fault.errors;
import static dev.evenkeel.lb.sim.Fleets.millis;
import static dev.evenkeel.lb.sim.Fleets.seconds;
import static dev.evenkeel.lb.sim.Target.everyServer;
import static dev.evenkeel.lb.sim.Target.server;
import static java.time.Duration.ZERO;
import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.LoadBalancerBuilder;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.health.ConnectBackoff;
import dev.evenkeel.lb.health.DetectorMode;
import dev.evenkeel.lb.health.FailurePercentage;
import dev.evenkeel.lb.health.OutlierDetection;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.observe.LoadBalancerListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** S12: 200 clients with one call a second each, 20 servers, and one call in a hundred fails by chance. */
class LowTrafficStoriesTest {
    private static final Duration TEN_MINUTES = Duration.ofMinutes(10);

    /** Pauses of 1, 2, 4, 8, 16 and then 30 s, each at most a fifth shorter, end at most 17 times in five minutes. */
    private static final int MOST_PROBES = 17;

    private static Simulation story() {
        return Simulation.of(12)
                .servers(20, Servers.workers(8).serviceTime(ServiceTime.logNormal(millis(20), 0.4)))
                .clients(200, Clients.ratePerSecond(1))
                .at(ZERO, errors(everyServer(), 0.01, millis(1)));
    }

    @Test
    void s12ChanceEjectsNobodyInTenMinutes() {
        Result result = story().run(TEN_MINUTES);
        assertThat(result.attempts(Outcome.Kind.UNAVAILABLE)).isGreaterThan(1_000);
        assertThat(result.events(Event.Type.UNAVAILABLE)).isZero();
        assertThat(result.successRate()).isGreaterThan(0.9999); // three errors in a row are chance as well

        FailurePercentage hasty = new FailurePercentage(0.5, 2, DetectorMode.ENFORCE);
        Result unprotected = story().loadBalancer(builder -> builder.outliers(withShare(hasty)))
                .run(TEN_MINUTES);
        assertThat(unprotected.events(Event.Type.UNAVAILABLE)).isGreaterThan(100);
    }

    private static OutlierDetection withShare(FailurePercentage detector) {
        OutlierDetection all = OutlierDetection.DEFAULT;
        return new OutlierDetection(
                all.consecutiveFailures(), detector, all.successRate(), all.latencyOutlier(), all.ejection());
    }

    @Test
    void s12EachClientHitsADeadServerAtMostOnceAProbeInterval() {
        Simulation story = story().at(seconds(60), crash(server(7)));

        List<Refusals> clients = new ArrayList<>();
        Result result = story.loadBalancer(builder -> watched(builder, clients)).run(seconds(360));
        assertThat(result.successRate()).isGreaterThan(0.9999); // three errors in a row are chance as well
        assertThat(clients)
                .hasSize(200)
                .allSatisfy(client -> assertThat(client.count).isBetween(1, 1 + MOST_PROBES));

        List<Refusals> impatient = new ArrayList<>();
        ConnectBackoff oneSecond = new ConnectBackoff(seconds(1), seconds(1));
        story.loadBalancer(builder -> watched(builder, impatient).connectBackoff(oneSecond))
                .run(seconds(360));
        assertThat(impatient).allSatisfy(client -> assertThat(client.count).isGreaterThan(1 + MOST_PROBES));
    }

    private static LoadBalancerBuilder watched(LoadBalancerBuilder builder, List<Refusals> clients) {
        Refusals client = new Refusals();
        clients.add(client);
        return builder.listener(client);
    }

    /** How often one client was refused a connection. */
    private static final class Refusals implements LoadBalancerListener {
        private int count;

        @Override
        public void onAttempt(String service, Endpoint endpoint, Outcome outcome, long latencyNanos) {
            count += outcome.kind() == Outcome.Kind.CONNECT_FAILED ? 1 : 0;
        }
    }
}
