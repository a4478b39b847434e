package dev.evenkeel.lb.okhttp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.endpoint.Endpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.PasswordAuthentication;
import java.net.Socket;
import java.net.UnknownHostException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import mockwebserver3.MockResponse;
import okhttp3.Authenticator;
import okhttp3.ConnectionPool;
import okhttp3.Dns;
import okhttp3.Protocol;
import okhttp3.tls.HandshakeCertificates;
import okhttp3.tls.HeldCertificate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What asks a connection for its peer hears the service's name, as without us. */
class PeerNameTest {
    @RegisterExtension
    private final Fleet fleet = new Fleet();

    @AfterEach
    void restore() {
        java.net.Authenticator.setDefault(null);
    }

    private void serving() {
        HeldCertificate certificate = new HeldCertificate.Builder()
                .addSubjectAlternativeName(Fleet.SERVICE)
                .build();
        fleet.add(new Server(
                request -> Server.ok("fine"),
                List.of(Protocol.HTTP_1_1),
                new HandshakeCertificates.Builder().heldCertificate(certificate).build()));
    }

    private String askOverTls() throws IOException {
        return fleet.ask(fleet.request("/").url("https://orders.svc/").build());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aHostThatIsAllowedToBeInsecureIsTheServicesName(boolean ownSockets) throws IOException {
        HandshakeCertificates trust = new HandshakeCertificates.Builder()
                .addInsecureHost(Fleet.SERVICE)
                .build();
        fleet.client(c -> (ownSockets ? c.socketFactory(new OwnSockets()) : c)
                .sslSocketFactory(trust.sslSocketFactory(), trust.trustManager()));
        serving();
        assertThat(askOverTls()).isEqualTo("200 fine");
    }

    @Test
    void aTrustManagerThatAsksTheSocketHearsTheServicesName() throws Exception {
        List<String> names = new CopyOnWriteArrayList<>();
        X509ExtendedTrustManager asking = new Asking(names);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {asking}, null);
        fleet.client(c -> c.sslSocketFactory(context.getSocketFactory(), asking));
        serving();
        assertThat(askOverTls()).isEqualTo("200 fine");
        assertThat(names).containsExactly(Fleet.SERVICE, Fleet.SERVICE);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void javasAuthenticatorIsToldOfTheServiceAsTheRequestingSite(boolean hedged) throws IOException {
        List<String> sites = new CopyOnWriteArrayList<>();
        java.net.Authenticator.setDefault(new java.net.Authenticator() {
            @Override
            protected PasswordAuthentication getPasswordAuthentication() {
                sites.add(getRequestingHost() + " " + getRequestingSite().getHostName() + " "
                        + getRequestingSite().getHostAddress());
                return new PasswordAuthentication("user", "secret".toCharArray());
            }
        });
        if (hedged) {
            fleet.balancing(lb -> lb.attemptTimeout(Duration.ofHours(1)));
        }
        fleet.client(c -> c.authenticator(Authenticator.JAVA_NET_AUTHENTICATOR));
        fleet.add(request -> request.getHeaders().get("Authorization") == null
                ? new MockResponse.Builder()
                        .code(401)
                        .addHeader("WWW-Authenticate", "Basic realm=\"orders\"")
                        .build()
                : Server.ok("welcome"));
        assertThat(fleet.ask()).isEqualTo("200 welcome");
        assertThat(sites).containsExactly("orders.svc orders.svc 127.0.0.1");
    }

    /** Trusts everybody, and writes down whom. */
    private static final class Asking extends X509ExtendedTrustManager {
        private final List<String> names;

        private Asking(List<String> names) {
            this.names = names;
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket) {
            names.add(((InetSocketAddress) socket.getRemoteSocketAddress()).getHostName());
            names.add(socket.getInetAddress().getHostName());
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }

    @Test
    void anAddressLeadsToItsEndpointAsLongAsOkHttpHasIt() throws UnknownHostException {
        ServiceDns names = new ServiceDns(Map.of(), Dns.SYSTEM);
        PinnedEndpoint endpoint = pinned("127.0.0.1:80", names);
        PinnedEndpoint other = pinned("127.0.0.1:81", names);
        InetAddress kept = endpoint.lookup(Fleet.SERVICE).get(0);
        InetAddress others = other.lookup(Fleet.SERVICE).get(0);
        for (int i = 0; i < 1_000; i++) {
            assertThat(endpoint.lookup(Fleet.SERVICE)).hasSize(1);
        }
        Until.until("only what is kept is remembered", () -> {
            System.gc();
            try {
                return endpoint.lookup(Fleet.SERVICE).size() == 1
                        && names.addresses().size() < 10;
            } catch (UnknownHostException e) {
                throw new UncheckedIOException(e);
            }
        });
        assertThat(kept).as("though they are equal").isEqualTo(others);
        assertThat(names.addresses().find(new InetSocketAddress(kept, 443))).isSameAs(endpoint);
        assertThat(names.addresses().find(new InetSocketAddress(others, 443))).isSameAs(other);
        assertThat(names.addresses().find(new InetSocketAddress(InetAddress.getLoopbackAddress(), 80)))
                .isNull();
    }

    private static PinnedEndpoint pinned(String address, ServiceDns names) {
        return new PinnedEndpoint(
                Fleet.SERVICE, Endpoint.of(address), names, new ConnectionPool(), new IdleConnections(() -> 0));
    }

    @Test
    void aLinkLocalAddressStaysOnItsLink() throws UnknownHostException {
        InetAddress named = PinnedAddresses.named(
                Fleet.SERVICE,
                Inet6Address.getByAddress(null, InetAddress.getByName("fe80::1").getAddress(), 1));
        assertThat(((Inet6Address) named).getScopeId()).isOne();
        assertThat(named.getHostName()).isEqualTo(Fleet.SERVICE);
    }
}
