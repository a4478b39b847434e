package dev.evenkeel.lb.okhttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.LoadBalancers;
import dev.evenkeel.lb.call.Outcome.Kind;
import dev.evenkeel.lb.endpoint.EndpointSource;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import java.io.IOException;
import java.util.List;
import javax.net.ssl.SSLPeerUnverifiedException;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.tls.HandshakeCertificates;
import okhttp3.tls.HeldCertificate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Identity is always that of the logical name. */
class TlsTest {
    @RegisterExtension
    private final Fleet fleet = new Fleet();

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void everyEndpointProvesTheLogicalNameOnAConnectionOfItsOwn(boolean http2) throws IOException {
        fleet.tls(Fleet.SERVICE).balancing(lb -> lb.policy(LoadBalancingPolicy.roundRobin()));
        if (http2) {
            fleet.protocols(Protocol.HTTP_2, Protocol.HTTP_1_1);
        }
        Server a = fleet.add("a");
        Server b = fleet.add("b");
        for (int i = 0; i < 10; i++) {
            try (Response response =
                    fleet.client().newCall(fleet.request("/").build()).execute()) {
                assertThat(response.protocol()).isEqualTo(http2 ? Protocol.HTTP_2 : Protocol.HTTP_1_1);
                assertThat(response.handshake()).isNotNull();
            }
        }
        for (Server server : List.of(a, b)) {
            assertThat(server.requests()).hasSize(5).allSatisfy(request -> {
                assertThat(request.getHandshakeServerNames()).containsExactly(Fleet.SERVICE);
                assertThat(request.getUrl().host()).isEqualTo(Fleet.SERVICE);
            });
            assertThat(server.connections()).isOne();
        }
    }

    @Test
    void layeredTlsWorksOverTheUsersOwnSockets() throws IOException {
        fleet.tls(Fleet.SERVICE).client(c -> c.socketFactory(new OwnSockets()));
        fleet.add("fine");
        assertThat(fleet.ask()).isEqualTo("200 fine");
    }

    /** The JDK's rule, and why names of services should have a dot. */
    @Test
    void nameWithoutADotIsVerifiedButNotSent() throws IOException {
        fleet.tls("orders");
        Server server = fleet.add("fine");
        LoadBalancer orders = LoadBalancer.builder("orders")
                .endpoints(EndpointSource.of(server.address()))
                .build();
        OkHttpClient client = EvenkeelOkHttp.wrap(fleet.plainClient().build(), LoadBalancers.of(orders));
        try (Response response = client.newCall(
                        new Request.Builder().url("https://orders/").build())
                .execute()) {
            assertThat(response.code()).isEqualTo(200);
        }
        assertThat(server.requests().get(0).getHandshakeServerNames()).isEmpty();
        orders.close();
    }

    @Test
    void servicesOnTheSameServersDoNotShareHttp2Connections() throws IOException {
        fleet.tls(Fleet.SERVICE, "payments.svc").protocols(Protocol.HTTP_2, Protocol.HTTP_1_1);
        Server server = fleet.add("fine");
        LoadBalancer payments = LoadBalancer.builder("payments.svc")
                .endpoints(EndpointSource.of(server.address()))
                .build();
        OkHttpClient client =
                EvenkeelOkHttp.wrap(fleet.plainClient().build(), LoadBalancers.of(payments, fleet.loadBalancer()));
        for (String service : List.of(Fleet.SERVICE, "payments.svc", Fleet.SERVICE, "payments.svc")) {
            client.newCall(new Request.Builder().url("https://" + service + "/").build())
                    .execute()
                    .close();
        }
        assertThat(server.connections()).isEqualTo(2);
        payments.close();
    }

    @Test
    void endpointWithAnothersCertificateIsLeftForATrustedOne() throws IOException {
        fleet.tls(Fleet.SERVICE);
        HeldCertificate other = new HeldCertificate.Builder()
                .addSubjectAlternativeName("payments.svc")
                .build();
        Server impostor = fleet.add(new Server(
                request -> Server.ok("never"),
                List.of(Protocol.HTTP_1_1),
                new HandshakeCertificates.Builder().heldCertificate(other).build()));
        fleet.add("fine");
        assertThat(fleet.ask(fleet.request("/")
                        .post(okhttp3.RequestBody.create("secret", null))
                        .build()))
                .isEqualTo("200 fine");
        assertThat(fleet.kinds()).containsExactly(Kind.UNTRUSTED, Kind.SUCCESS);
        assertThat(impostor.requests()).isEmpty();
    }

    @Test
    void certificateForAnotherNameIsRefused() {
        fleet.tls("payments.svc").add("never");
        assertThatThrownBy(fleet::ask).isInstanceOf(SSLPeerUnverifiedException.class);
        assertThat(fleet.served()).isZero();
    }
}
