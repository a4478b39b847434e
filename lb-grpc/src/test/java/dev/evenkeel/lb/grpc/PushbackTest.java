package dev.evenkeel.lb.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.StickySessions;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.policy.LoadMetric;
import dev.evenkeel.lb.retry.RetryBudget;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** One of three servers asks for a pause of two minutes: no call fails, whatever is to keep it there. */
class PushbackTest {
    private static final int USERS = 20;
    private static final int ROUNDS = 10;

    /** What holds calls to a server. */
    enum Calls {
        PLAIN,
        WITH_A_KEY,
        IN_A_SESSION;

        LoadBalancingPolicy policy() {
            return switch (this) {
                case PLAIN -> LoadBalancingPolicy.leastLoaded(LoadMetric.PEAK_EWMA);
                case WITH_A_KEY -> LoadBalancingPolicy.ringHash();
                case IN_A_SESSION -> LoadBalancingPolicy.roundRobin();
            };
        }

        CallOptions of(String user) {
            return switch (this) {
                case PLAIN -> CallOptions.DEFAULT;
                case WITH_A_KEY -> CallOptions.DEFAULT.withOption(EvenkeelGrpc.AFFINITY_KEY, user);
                case IN_A_SESSION -> CallOptions.DEFAULT.withOption(EvenkeelGrpc.SESSION, user);
            };
        }
    }

    @ParameterizedTest
    @EnumSource
    void noCallFailsWhileOneServerAsksForAPause(Calls calls) {
        Fleet fleet = Fleet.of(
                3,
                settings -> settings.policy(calls.policy())
                        .stickySessions(StickySessions.DEFAULT)
                        .retryBudget(new RetryBudget.Settings(1, 1000, Duration.ofSeconds(10))));
        try (fleet) {
            ManagedChannel channel = fleet.connectedChannel();
            List<String> users =
                    IntStream.range(0, USERS).mapToObj(i -> "user-" + i).toList();
            users.forEach(user -> Fleet.call(channel, Echo.GET, calls.of(user), "x"));
            TestServer asking = fleet.servers.stream()
                    .max(Comparator.comparingInt(server -> server.calls.get()))
                    .orElseThrow(); // so that some live there
            Metadata pause = new Metadata();
            pause.put(GrpcOutcomes.PUSHBACK, "120000");
            asking.failWith(Status.UNAVAILABLE, pause);
            asking.calls.set(0);

            for (int i = 0; i < ROUNDS; i++) {
                for (String user : users) {
                    assertThat(Fleet.call(channel, Echo.GET, calls.of(user), "x"))
                            .startsWith("x@");
                }
            }

            if (calls == Calls.WITH_A_KEY) {
                assertThat(asking.calls.get())
                        .as("one call finds out, and those that overtake its news")
                        .isBetween(1, 5);
            }
            fleet.settled();
        }
    }
}
