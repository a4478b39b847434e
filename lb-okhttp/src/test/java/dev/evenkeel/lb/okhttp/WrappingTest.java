package dev.evenkeel.lb.okhttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.evenkeel.lb.LoadBalancers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import okhttp3.OkHttpClient;
import okhttp3.Response;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What wrapping opens can be closed, and does no harm if it is done again and again. */
class WrappingTest {
    @RegisterExtension
    private final Fleet fleet = new Fleet();

    private OkHttpClient wrapped() {
        return EvenkeelOkHttp.wrap(fleet.plainClient().build(), LoadBalancers.of(fleet.loadBalancer()));
    }

    private void ask(OkHttpClient client) throws IOException {
        try (Response response = client.newCall(fleet.request("/").build()).execute()) {
            assertThat(response.body().string()).isEqualTo("fine");
        }
    }

    @Test
    void whatAWrappedClientHasOpenedCanBeClosedAlsoThroughADerivedOne() throws IOException {
        Server server = fleet.add("fine");
        OkHttpClient client = wrapped();
        ask(client);
        assertThat(server.openConnections()).isOne();

        OkHttpClient derived = client.newBuilder().build();
        EvenkeelOkHttp.of(derived).close();

        Until.until("the connection is closed", () -> server.openConnections() == 0);
        assertThat(EvenkeelOkHttp.of(derived).client()).isSameAs(derived);
        ask(client);
        EvenkeelOkHttp.of(client).close();
        Until.until("it is closed again", () -> server.openConnections() == 0);
    }

    @Test
    void idleConnectionsToEndpointsCanBeEvicted() throws IOException {
        Server server = fleet.add("fine");
        OkHttpClient client = wrapped();
        ask(client);

        EvenkeelOkHttp.of(client).evictAll();

        Until.until("the connection is closed", () -> server.openConnections() == 0);
        ask(client);
        ask(client);
        assertThat(server.connections()).isEqualTo(2);
    }

    @Test
    void aClientThatIsNotBalancedHasNothingToClose() {
        assertThatThrownBy(() -> EvenkeelOkHttp.of(new OkHttpClient()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("not balanced");
    }

    @Test
    void wrappingTwiceIsRefusedAlsoAfterDeriving() {
        fleet.add("fine");
        OkHttpClient derived = wrapped().newBuilder().build();
        assertThatThrownBy(() -> EvenkeelOkHttp.wrap(derived, LoadBalancers.of(fleet.loadBalancer())))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("balanced already");
    }

    @Test
    void aClientThatIsForgottenIsClosed() throws IOException {
        Server server = fleet.add("fine");
        for (int i = 0; i < 50; i++) {
            ask(wrapped());
        }
        OkHttpClient kept = wrapped();
        Until.until("all others are closed", () -> {
            System.gc();
            return othersAreClosed(server, kept);
        });
    }

    private boolean othersAreClosed(Server server, OkHttpClient kept) {
        try {
            ask(kept);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return server.openConnections() == 1;
    }

    @Test
    void aClientForEachRequestIsSpokenOfOnce() {
        OkHttpClient plain = fleet.plainClient().build();
        LoadBalancers services = LoadBalancers.of(fleet.loadBalancer());
        List<OkHttpClient> clients = new ArrayList<>();
        try (Logged logged = new Logged("dev.evenkeel.lb.Announcer")) {
            for (int i = 0; i < 1_100; i++) {
                clients.add(EvenkeelOkHttp.wrap(plain, services));
            }
            assertThat(logged.messages())
                    .singleElement()
                    .asString()
                    .contains("orders.svc has 1000 listeners", "Make one and keep it");
        }
        clients.forEach(client -> EvenkeelOkHttp.of(client).close());
    }
}
