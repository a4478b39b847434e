package dev.evenkeel.lb.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.OutReason;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.observe.LoadBalancerListener;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Servers that are gone or hang, seen although no call meets them. */
class UnreachableTest {
    /** Accepts connections, and never says a word. */
    private static final class Mute implements AutoCloseable {
        final Queue<Socket> accepted = new ConcurrentLinkedQueue<>();
        private final ServerSocket socket;

        Mute() throws IOException {
            socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
            Thread acceptor = new Thread(this::accept);
            acceptor.setDaemon(true);
            acceptor.start();
        }

        private void accept() {
            try {
                while (true) {
                    accepted.add(socket.accept());
                }
            } catch (IOException e) {
                // It was closed.
            }
        }

        Endpoint endpoint() {
            return Endpoint.of("127.0.0.1", socket.getLocalPort());
        }

        @Override
        public void close() throws IOException {
            socket.close();
            for (Socket each : accepted) {
                each.close();
            }
        }
    }

    private static boolean isAvailable(Fleet fleet, TestServer server) {
        return fleet.status(server).availability().isAvailable();
    }

    @Test
    void aServerThatWasKilledIsSeenToBeOutUntilItIsBackThoughNoCallMeetsIt() {
        try (Fleet fleet = Fleet.of(2)) {
            Queue<Event.Type> events = new ConcurrentLinkedQueue<>();
            fleet.loadBalancer.addListener(new LoadBalancerListener() {
                @Override
                public void onEvent(Event event) {
                    if (fleet.server(0).endpoint().equals(event.endpoint())) {
                        events.add(event.type());
                    }
                }
            });
            fleet.connectedChannel();
            fleet.server(0).kill();

            Until.until("it is out", () -> !isAvailable(fleet, fleet.server(0)));
            assertThat(fleet.status(fleet.server(0)).availability().has(OutReason.CONNECT_FAILED))
                    .isTrue();
            assertThat(fleet.status(fleet.server(0)).detail()).contains("Connection refused");
            assertThat(fleet.loadBalancer.describe()).contains("1 available");
            Until.until("it is told", () -> events.contains(Event.Type.UNAVAILABLE));
            assertThat(isAvailable(fleet, fleet.server(1))).isTrue();

            fleet.server(0).start();
            Until.until("it is back", () -> isAvailable(fleet, fleet.server(0)));
            Until.until("that is told", () -> events.contains(Event.Type.AVAILABLE));
        }
    }

    @Test
    void aServerThatAcceptsAndNeverAnswersIsOutAfterTheTimeLimitAndTriedAgain() throws IOException {
        try (Fleet fleet = Fleet.of(0);
                Mute mute = new Mute()) {
            fleet.source.set(List.of(mute.endpoint()));
            ManagedChannel channel = fleet.open(
                    fleet.builder().setNameResolverArg(EvenkeelGrpc.CONNECT_TIMEOUT, Duration.ofMillis(500)));
            Status status = Fleet.fail(channel, Echo.GET, CallOptions.DEFAULT.withDeadlineAfter(1, TimeUnit.HOURS));
            assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
            assertThat(status.getDescription()).contains("not connected within PT0.5S");
            Until.until(
                    "it is out",
                    () -> fleet.loadBalancer.endpoints().stream()
                            .allMatch(each -> each.availability().has(OutReason.CONNECT_FAILED)));
            Until.until("it is tried again", () -> mute.accepted.size() > 1);
        }
    }

    @Test
    void sixtyServersThatHangFirstInTheListDoNotKeepCallsFromAGoodOne() throws IOException {
        List<Mute> mutes = new ArrayList<>();
        try (Fleet fleet = Fleet.of(1)) {
            for (int i = 0; i < 60; i++) {
                mutes.add(new Mute());
            }
            List<Endpoint> list =
                    new ArrayList<>(mutes.stream().map(Mute::endpoint).toList());
            list.add(fleet.server(0).endpoint());
            fleet.source.set(list);
            assertThat(Fleet.get(fleet.channel(), "x"))
                    .isEqualTo("x@" + fleet.server(0).address());
        } finally {
            for (Mute mute : mutes) {
                mute.close();
            }
        }
    }

    @Test
    void aTimeLimitThatIsNotAllowedFailsTheChannel() {
        try (Fleet fleet = Fleet.of(1)) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> fleet.builder()
                            .setNameResolverArg(EvenkeelGrpc.CONNECT_TIMEOUT, Duration.ZERO)
                            .build())
                    .withMessage("EvenkeelGrpc.CONNECT_TIMEOUT is PT0S, must be from PT0.1S to PT1H");
        }
    }
}
