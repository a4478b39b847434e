package dev.evenkeel.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.evenkeel.lb.endpoint.Endpoint;
import java.io.IOException;
import java.net.ConnectException;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class FleetTest {
    @Test
    void everyServerIsOnTheListAndGoneAfterwards() throws IOException {
        List<String> addresses;
        try (Fleet fleet = Fleet.start(Duration.ofMillis(1), Duration.ofMillis(1))) {
            fleet.server(2).kill();
            fleet.server(2).revive();
            assertThat(fleet.add(Duration.ofMillis(1)).name()).isEqualTo("orders-3");
            assertThat(fleet.source()).hasToString("mutable list of 3");

            addresses = fleet.servers().stream().map(DemoServer::address).toList();
            for (String address : addresses) {
                connect(address).close();
            }
        }
        assertThat(addresses)
                .hasSize(3)
                .allSatisfy(
                        address -> assertThatThrownBy(() -> connect(address)).isInstanceOf(ConnectException.class));
    }

    private static Socket connect(String address) throws IOException {
        Endpoint endpoint = Endpoint.of(address);
        return new Socket(endpoint.host(), endpoint.port());
    }
}
