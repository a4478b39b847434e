package dev.evenkeel.lb.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.endpoint.FileEndpointSource;
import dev.evenkeel.lb.health.SlowStart;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.policy.LoadMetric;
import io.grpc.ManagedChannel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Servers that join while channels are connected, and no server ends a connection to make them look. By latency, which is the default, shares
 * may need longer here than the ramp: a pause of the whole machine, which is long beside the 5 ms of a call, counts against those that had
 * calls in flight just then, old and new; all averages come down at the same rate, so who had none is preferred for half a minute.
 */
class ScaleOutTest {
    /** The source reads its file every 5 s, give or take a fifth. */
    private static final Duration INTERVAL = Duration.ofSeconds(6);

    private static final Duration RAMP = Duration.ofSeconds(1);

    @TempDir
    Path directory;

    private final ScheduledExecutorService timer = Executors.newScheduledThreadPool(1);
    private Fleet fleet;

    @AfterEach
    void close() {
        fleet.settled();
        fleet.close();
        timer.shutdownNow();
    }

    private void list(List<TestServer> servers) {
        String text = servers.stream().map(server -> server.address() + "\n").collect(Collectors.joining());
        try {
            Path next = Files.writeString(directory.resolve("next"), text);
            Files.move(next, directory.resolve("list"), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void takeTime(TestServer server) {
        server.behaviour = (request, response) -> {
            var unused = timer.schedule(() -> server.echo.answer(request, response), 5, TimeUnit.MILLISECONDS);
        };
    }

    private void forget() {
        fleet.servers.forEach(server -> server.calls.set(0));
    }

    private static List<Arguments> policies() {
        return List.of(
                Arguments.of(LoadBalancingPolicy.weightedRoundRobin(), Duration.ofSeconds(15)),
                Arguments.of(LoadBalancingPolicy.leastLoaded(LoadMetric.PEAK_EWMA), Duration.ofSeconds(60)));
    }

    /**
     * Waits for the shares.
     *
     * @param patience S1's 15 s, or more for what else happens to the machine
     */
    @ParameterizedTest
    @MethodSource("policies")
    void newServersAreSeenWithinTheSourcesIntervalAndHaveTheirShareAfterTheirSlowStart(
            LoadBalancingPolicy policy, Duration patience) {
        fleet = Fleet.of(
                3,
                settings -> settings.endpoints(FileEndpointSource.watching(directory.resolve("list")))
                        .policy(policy)
                        .slowStart(new SlowStart(RAMP, 0.1, 1, 0)));
        list(fleet.servers);
        fleet.servers.forEach(this::takeTime);
        ManagedChannel channel = fleet.connectedChannel();
        try (Load load = new Load(channel, Echo.POST, 8)) {
            load.pass(500);
            List<TestServer> joining = List.of(new TestServer(), new TestServer(), new TestServer());
            joining.forEach(this::takeTime);
            fleet.servers.addAll(joining);
            long begun = System.nanoTime();
            list(fleet.servers);
            Until.until("all have a call", () -> joining.stream().allMatch(server -> server.calls.get() > 0));
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(INTERVAL.plus(Fleet.SOON));

            Until.until(
                    "all new servers have 85 % of their share of 3000 calls",
                    patience, () -> {
                        forget();
                        load.pass(3000);
                        double fair = fleet.calls() / 6.0;
                        return joining.stream().allMatch(server -> server.calls.get() > 0.85 * fair);
                    });
            load.stop();
            assertThat(load.failures).isEmpty();
        }
    }
}
