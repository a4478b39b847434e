package dev.evenkeel.lb.sim;

import static dev.evenkeel.lb.sim.Fleets.seconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.call.Outcome;
import java.util.Arrays;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Nothing is lost and nothing counted twice, whatever goes wrong. */
class ConservationTest {
    @Property(tries = 8)
    void everyCallAndEveryAttemptEndsOnce(@ForAll long seed) {
        Result result = DeterminismTest.everythingGoesWrong(seed).run(seconds(30));

        conserves(result);
        conserves(result.oracle());
        assertThat(result.oracle().calls()).isEqualTo(result.calls());
    }

    private static void conserves(Result result) {
        long failures =
                result.failures().values().stream().mapToLong(Long::longValue).sum();
        long outcomes =
                Arrays.stream(Outcome.Kind.values()).mapToLong(result::attempts).sum();
        long sent = result.servers().stream()
                .mapToLong(server -> server.vanished() + server.refused() + server.received())
                .sum();
        assertThat(result.calls()).isPositive().isEqualTo(result.whole().calls());
        assertThat(result.whole().failures()).isEqualTo(failures);
        assertThat(result.attempts()).isEqualTo(outcomes).isEqualTo(sent);
        assertThat(result.calls()).isEqualTo(result.attempts(Outcome.Kind.SUCCESS) + failures);
        assertThat(result.inFlightAtEnd()).isZero();
        assertThat(result.servers())
                .allSatisfy(server -> assertThat(server.received())
                        .isEqualTo(server.answered() + server.broken() + server.dropped() + server.left()));
        for (int server = 0; server < result.servers().size(); server++) {
            ServerCounts counts = result.servers().get(server);
            assertThat(counts.vanished() + counts.refused() + counts.received())
                    .isEqualTo(result.whole().picks(server));
        }
    }
}
