package dev.evenkeel.lb.okhttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.evenkeel.lb.LoadBalancers;
import dev.evenkeel.lb.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.Random;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.Response;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Old connections are retired without anybody noticing. */
class ConnectionAgeTest {
    private static final Duration LIMIT = Duration.ofMinutes(10);

    /** Older than the limit with its tenth. */
    private static final Duration OLD = Duration.ofMinutes(11);

    @RegisterExtension
    private final Fleet fleet = new Fleet();

    private final VirtualTime time = new VirtualTime();

    private void limited() {
        fleet.wrapping(client -> client.maxConnectionAge(LIMIT, time.environment(new Random(7))));
    }

    @Test
    void connectionIsUsedUntilItIsOldAndThenOnceMore() throws IOException {
        limited();
        Server server = fleet.add("hello");
        fleet.ask();
        time.advance(Duration.ofMinutes(8));
        fleet.ask();
        assertThat(server.connections()).isEqualTo(1);

        time.advance(OLD.minus(Duration.ofMinutes(8)));
        fleet.ask();
        assertThat(server.connections()).as("the last request on the old one").isEqualTo(1);
        fleet.ask();
        assertThat(server.connections()).isEqualTo(2);
    }

    @Test
    void withoutALimitTheConnectionLivesOn() throws IOException {
        Server server = fleet.add("hello");
        for (int i = 0; i < 5; i++) {
            fleet.ask();
            time.advance(OLD);
        }
        assertThat(server.connections()).isEqualTo(1);
    }

    @Test
    void streamThatIsOpenOnAnOldConnectionFinishes() throws IOException {
        limited();
        fleet.protocols(Protocol.H2_PRIOR_KNOWLEDGE);
        String body = "x".repeat(1 << 20);
        Server server = fleet.add(body);
        Request request = fleet.request("/").build();
        try (Response open = fleet.client().newCall(request).execute()) {
            time.advance(OLD);
            fleet.ask();
            fleet.ask();
            assertThat(server.connections()).isEqualTo(2);
            assertThat(open.body().string()).hasSize(body.length());
        }
        assertThat(server.requests())
                .allSatisfy(seen -> assertThat(seen.getHeaders().get("Connection"))
                        .as("not sent over HTTP/2")
                        .isNull());
    }

    @Test
    void limitsOutOfRangeAreRefused() {
        fleet.add("hello");
        EvenkeelOkHttpBuilder builder =
                EvenkeelOkHttp.builder(new OkHttpClient(), LoadBalancers.of(fleet.loadBalancer()));
        assertThatThrownBy(() -> builder.maxConnectionAge(Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("maxConnectionAge is PT0S, must be 1 s to 1 day");
    }
}
