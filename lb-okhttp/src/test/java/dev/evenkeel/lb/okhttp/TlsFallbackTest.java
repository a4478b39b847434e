package dev.evenkeel.lb.okhttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.evenkeel.lb.call.Outcome.Kind;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLHandshakeException;
import mockwebserver3.MockResponse;
import mockwebserver3.SocketEffect;
import okhttp3.CipherSuite;
import okhttp3.ConnectionSpec;
import okhttp3.RequestBody;
import okhttp3.TlsVersion;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A client may have several ways to speak TLS, the next for servers that do not understand the one before. */
class TlsFallbackTest {
    /** The servers' certificates are not for RSA. */
    private static final ConnectionSpec NOT_UNDERSTOOD = new ConnectionSpec.Builder(ConnectionSpec.RESTRICTED_TLS)
            .tlsVersions(TlsVersion.TLS_1_2)
            .cipherSuites(CipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256)
            .build();

    @RegisterExtension
    private final Fleet fleet = new Fleet();

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void theNextConnectionSpecIsTriedAtTheSameServer(boolean hedged) throws IOException {
        fleet.tls(Fleet.SERVICE).client(c -> c.connectionSpecs(List.of(NOT_UNDERSTOOD, ConnectionSpec.MODERN_TLS)));
        if (hedged) {
            fleet.balancing(lb -> lb.attemptTimeout(Duration.ofHours(1)));
        }
        fleet.add("fine");
        for (int i = 0; i < 3; i++) {
            assertThat(fleet.ask()).isEqualTo("200 fine");
        }
        assertThat(fleet.kinds()).containsExactly(Kind.SUCCESS, Kind.SUCCESS, Kind.SUCCESS);
    }

    @Test
    void aClientThatDoesNotRetryDoesNotFallBack() {
        fleet.tls(Fleet.SERVICE)
                .client(c -> c.connectionSpecs(List.of(NOT_UNDERSTOOD, ConnectionSpec.MODERN_TLS))
                        .retryOnConnectionFailure(false));
        fleet.add("fine");
        assertThatThrownBy(fleet::ask).isInstanceOf(SSLHandshakeException.class);
    }

    @Test
    void aPostThatMayHaveBeenProcessedIsNotSentAgainForThat() throws IOException {
        AtomicInteger posts = new AtomicInteger();
        fleet.tls(Fleet.SERVICE)
                .client(c -> c.connectionSpecs(List.of(NOT_UNDERSTOOD, ConnectionSpec.MODERN_TLS)))
                .add(request -> {
                    if (request.getMethod().equals("GET")) {
                        return Server.ok("fine");
                    }
                    posts.incrementAndGet();
                    return new MockResponse.Builder()
                            .onResponseStart(new SocketEffect.CloseSocket())
                            .build();
                });
        assertThat(fleet.ask()).isEqualTo("200 fine"); // over a connection that the second request finds
        assertThatThrownBy(() -> fleet.ask(fleet.request("/")
                        .post(RequestBody.create("once", null))
                        .build()))
                .isInstanceOf(IOException.class);
        assertThat(posts).hasValue(1);
        fleet.awaitNothingInFlight();
    }
}
