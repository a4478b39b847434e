package dev.evenkeel.lb.grpc;

import static io.grpc.ConnectivityState.IDLE;
import static io.grpc.ConnectivityState.READY;
import static io.grpc.ConnectivityState.TRANSIENT_FAILURE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.MutableEndpointSource;
import dev.evenkeel.lb.endpoint.OutReason;
import dev.evenkeel.lb.locality.Subsetting;
import dev.evenkeel.lb.observe.EndpointStatus;
import dev.evenkeel.lb.time.VirtualTime;
import io.grpc.Status;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** When a channel's connections are begun, given up and begun again; time stands still unless a test lets it pass. */
class ConnectingTest {
    private static final Duration STEP = Duration.ofMillis(10);
    private static final Endpoint GOOD = Endpoint.of("10.1.0.1:80");

    private final MutableEndpointSource source = MutableEndpointSource.of();
    private final LoadBalancer service = LoadBalancer.builder(Fleet.NAME)
            .endpoints(source)
            .subsetting(Subsetting.OFF)
            .environment(new VirtualTime().environment(new Random(42)))
            .build();
    private final ScriptedChannel channel = new ScriptedChannel();
    private final ScriptedLeaf leaf = new ScriptedLeaf();
    private final ChannelPolicy policy = new ChannelPolicy(channel, leaf);

    @AfterEach
    void close() {
        policy.shutdown();
        channel.close();
        service.close();
    }

    private static List<Endpoint> others(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> Endpoint.of("10.0." + i / 200 + "." + (1 + i % 200), 80))
                .toList();
    }

    private static List<Endpoint> and(List<Endpoint> before, Endpoint last) {
        return Stream.concat(before.stream(), Stream.of(last)).toList();
    }

    private void take(List<Endpoint> list) {
        source.set(list);
        assertThat(policy.acceptResolvedAddresses(ScriptedChannel.list(service, list)))
                .isEqualTo(Status.OK);
    }

    private boolean isBegun(Endpoint endpoint) {
        return leaf.connection(endpoint) != null;
    }

    private long begun(List<Endpoint> endpoints) {
        return endpoints.stream().filter(this::isBegun).count();
    }

    private Duration passUntilBegun(Endpoint endpoint) {
        Duration passed = Duration.ZERO;
        while (!isBegun(endpoint) && passed.compareTo(Duration.ofMinutes(1)) < 0) {
            channel.pass(STEP);
            passed = passed.plus(STEP);
        }
        return passed;
    }

    private EndpointStatus status(Endpoint endpoint) {
        return service.endpoints().stream()
                .filter(status -> status.endpoint().equals(endpoint))
                .findFirst()
                .orElseThrow();
    }

    @ParameterizedTest
    @ValueSource(ints = {50, 500})
    void endpointsThatHangDelayTheFirstGoodOneByNoMoreThanASecond(int hanging) {
        take(and(others(hanging), GOOD));
        assertThat(leaf.begun).isEqualTo(50);
        assertThat(passUntilBegun(GOOD)).isLessThanOrEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void theOrderIsNotThatOfTheList() {
        List<Endpoint> list = others(500);
        take(list);
        assertThat(begun(list.subList(0, 50))).isLessThan(40);
    }

    @Test
    void whileAnythingIsConnectedAPlaceIsGivenBackAfterASecond() {
        take(List.of(GOOD));
        leaf.become(GOOD, READY);
        List<Endpoint> hanging = others(120);
        take(and(hanging, GOOD));
        channel.pass(Duration.ofMillis(900));
        assertThat(begun(hanging)).isEqualTo(50);
        channel.pass(Duration.ofMillis(200));
        assertThat(begun(hanging)).isEqualTo(100);
    }

    @Test
    void aNewcomerDoesNotWaitForThoseThatFailed() {
        List<Endpoint> dead = others(300);
        take(dead);
        channel.pass(Duration.ofSeconds(1));
        dead.forEach(endpoint -> leaf.become(endpoint, TRANSIENT_FAILURE));
        channel.pass(Duration.ofMillis(1_300)); // all pauses are over, and all want to try again
        int begunBefore = leaf.begun;
        take(and(dead, GOOD));
        passUntilBegun(GOOD);
        assertThat(leaf.begun - begunBefore).isLessThanOrEqualTo(50);
    }

    @Test
    void ofConnectionsThatAreLostAtOnceFiftyAreMadeAtATime() {
        List<Endpoint> list = others(300);
        take(list);
        channel.pass(Duration.ofSeconds(1));
        list.forEach(endpoint -> leaf.become(endpoint, READY));

        list.forEach(endpoint -> leaf.become(endpoint, IDLE));
        channel.pass(Duration.ofMillis(500));
        assertThat(leaf.asked).isEqualTo(50);
        channel.pass(Duration.ofSeconds(1));
        assertThat(leaf.asked)
                .as("as its calls wait, those that hang do not keep the others out")
                .isGreaterThan(100);
    }

    @Test
    void ofConnectionsThatFailedAtOnceFiftyAreTriedAgainAtATimeAndNotAllInStep() {
        List<Endpoint> list = others(300);
        take(and(list, GOOD));
        channel.pass(Duration.ofSeconds(1));
        leaf.become(GOOD, READY);
        list.forEach(endpoint -> leaf.become(endpoint, TRANSIENT_FAILURE));
        int before = leaf.begun;
        channel.pass(Duration.ofMillis(900));
        assertThat(leaf.begun - before).as("pauses are 1 s ± 20 %").isBetween(1, 50);
        channel.pass(Duration.ofMillis(400));
        assertThat(leaf.begun - before).isEqualTo(50);
    }

    @Test
    void aConnectionThatIsReplacedWaitsForAPlaceToo() {
        ConnectQueue queue = new ConnectQueue(channel, new Random(42), () -> true, (what, task) -> task.run());
        int[] begun = new int[1];
        for (int i = 0; i < 50; i++) {
            queue.add(() -> begun[0]++, false);
        }
        OtherConnection another =
                new OtherConnection(channel, ScriptedChannel.address(GOOD), Duration.ofSeconds(1), queue, made -> {});
        queue.add(another, false);
        assertThat(begun[0]).as("else the channel would have been asked for it").isEqualTo(50);
        another.close();
    }

    @Test
    void aConnectionThatDoesNotBecomeReadyInItsTimeHasFailedAndIsTriedAgain() {
        take(List.of(GOOD));
        channel.pass(Duration.ofMillis(19_900));
        assertThat(status(GOOD).availability().isAvailable()).isTrue();
        channel.pass(Duration.ofMillis(200));

        assertThat(status(GOOD).availability().has(OutReason.CONNECT_FAILED)).isTrue();
        assertThat(status(GOOD).detail()).contains("not connected within PT20S");
        assertThat(channel.state()).isEqualTo(TRANSIENT_FAILURE);
        assertThat(leaf.ended).isEqualTo(1);

        channel.pass(Duration.ofMillis(1_300));
        assertThat(leaf.begun).isEqualTo(2);
        leaf.become(GOOD, READY);
        assertThat(status(GOOD).availability().isAvailable()).isTrue();
        assertThat(channel.state()).isEqualTo(READY);
    }

    @Test
    void pausesGrowWhileConnectingFailsAndBeginAnewAfterwards() {
        take(List.of(GOOD));
        assertThat(failAndPassThePause()).isBetween(Duration.ofMillis(800), Duration.ofMillis(1_300));
        assertThat(failAndPassThePause()).isBetween(Duration.ofMillis(1_280), Duration.ofMillis(2_100));
        for (int i = 0; i < 10; i++) {
            failAndPassThePause();
        }
        assertThat(failAndPassThePause()).isBetween(Duration.ofSeconds(96), Duration.ofSeconds(145));

        leaf.become(GOOD, READY);
        assertThat(failAndPassThePause()).isBetween(Duration.ofMillis(800), Duration.ofMillis(1_300));
    }

    private Duration failAndPassThePause() {
        int before = leaf.begun;
        Duration passed = Duration.ZERO;
        for (leaf.become(GOOD, TRANSIENT_FAILURE); leaf.begun == before; passed = passed.plus(STEP)) {
            channel.pass(STEP);
        }
        return passed;
    }
}
