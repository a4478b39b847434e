package dev.evenkeel.lb.okhttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.evenkeel.lb.call.Outcome.Kind;
import dev.evenkeel.lb.observe.EndpointStatus;
import dev.evenkeel.lb.time.VirtualTime;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import mockwebserver3.MockResponse;
import mockwebserver3.SocketEffect;
import okhttp3.Connection;
import okhttp3.ConnectionSpec;
import okhttp3.MediaType;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.TlsVersion;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A server closes TLS connections between two requests. */
class StaleTlsTest {
    @RegisterExtension
    private final Fleet fleet = new Fleet();

    private final List<Connection> used = new CopyOnWriteArrayList<>();
    private final VirtualTime time = new VirtualTime(); // in which connections are idle

    /** A server that closes each connection after its answer, and does not say so. */
    private Server closing(TlsVersion version) {
        return serve(version, new SocketEffect.CloseSocket(), Protocol.HTTP_1_1);
    }

    private Server serve(TlsVersion version, @Nullable SocketEffect atTheEnd, Protocol... protocols) {
        fleet.tls(Fleet.SERVICE)
                .protocols(protocols)
                .wrapping(w -> w.ticker(time))
                .client(c -> c.connectionSpecs(List.of(new ConnectionSpec.Builder(ConnectionSpec.MODERN_TLS)
                                .tlsVersions(version)
                                .build()))
                        .addNetworkInterceptor(chain -> {
                            used.add(chain.connection());
                            return chain.proceed(chain.request());
                        }));
        return fleet.add(request ->
                new MockResponse.Builder().body("fine").onResponseEnd(atTheEnd).build());
    }

    private Request.Builder post() {
        return fleet.request("/").post(RequestBody.create("once", MediaType.get("text/plain")));
    }

    private void assertThatTheServerIsNotBlamed() {
        assertThat(fleet.loadBalancer().endpoints())
                .extracting(EndpointStatus::failures)
                .containsExactly(0L);
    }

    @ParameterizedTest
    @EnumSource(
            value = TlsVersion.class,
            names = {"TLS_1_2", "TLS_1_3"})
    void getIsSentAgainOverAFreshConnection(TlsVersion version) throws IOException {
        Server server = closing(version);
        for (int i = 0; i < 5; i++) {
            assertThat(fleet.ask()).isEqualTo("200 fine");
        }
        assertThat(server.requests()).hasSize(5);
        assertThat(server.connections()).isEqualTo(5);
        assertThat(fleet.kinds())
                .filteredOn(kind -> kind == Kind.STALE_CONNECTION)
                .hasSize(4);
        assertThat(fleet.kinds()).containsOnly(Kind.SUCCESS, Kind.STALE_CONNECTION);
        assertThatTheServerIsNotBlamed();
    }

    /** Nobody knows whether it was processed: it is the caller who may send it again, and then it works. */
    @ParameterizedTest
    @EnumSource(
            value = TlsVersion.class,
            names = {"TLS_1_2", "TLS_1_3"})
    void postIsNotSentAgainUnlessItMayBe(TlsVersion version) throws IOException {
        Server server = closing(version);
        assertThat(fleet.ask(post().build())).isEqualTo("200 fine");
        assertThatThrownBy(() -> fleet.ask(post().build())).isInstanceOf(IOException.class);
        assertThat(server.requests()).hasSize(1);
        assertThat(fleet.ask(post().build())).isEqualTo("200 fine");
        assertThat(fleet.ask(post().header("Idempotency-Key", "7").build())).isEqualTo("200 fine");
        assertThat(server.requests()).hasSize(3);
        assertThatTheServerIsNotBlamed();
    }

    /** Here somebody always reads, and finds out before the next request. */
    @Test
    void http2ConnectionThatWasClosedIsNotUsedAgainWhateverTheMethod() throws IOException {
        Server server = serve(TlsVersion.TLS_1_3, null, Protocol.HTTP_2, Protocol.HTTP_1_1);
        assertThat(fleet.ask(post().build())).isEqualTo("200 fine");
        server.dropConnections();
        Until.until("it is closed here too", () -> used.get(0).socket().isClosed());
        assertThat(fleet.ask(post().build())).isEqualTo("200 fine");
        assertThat(server.requests()).hasSize(2);
        assertThat(fleet.kinds()).containsExactly(Kind.SUCCESS, Kind.SUCCESS);
        assertThatTheServerIsNotBlamed();
    }
}
