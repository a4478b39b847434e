package dev.evenkeel.lb.okhttp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.LoadBalancers;
import dev.evenkeel.lb.endpoint.EndpointSource;
import dev.evenkeel.lb.health.CheckResult;
import dev.evenkeel.lb.health.CheckTarget;
import dev.evenkeel.lb.health.HttpHealthCheck;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.tls.HandshakeCertificates;
import okhttp3.tls.HeldCertificate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Docker Compose and others give names with an underscore. They are no host names for the JDK, and are used all the same. */
class UnderscoreTest {
    private static final String SERVICE = "my_orders.eu.svc";
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final List<AutoCloseable> opened = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable resource : opened) {
            resource.close();
        }
    }

    private Server tlsServer(HeldCertificate certificate) {
        HandshakeCertificates own =
                new HandshakeCertificates.Builder().heldCertificate(certificate).build();
        Server server = new Server(request -> Server.ok("fine"), List.of(Protocol.HTTP_1_1), own);
        opened.add(server);
        return server;
    }

    private static HeldCertificate certificate(String name) {
        return new HeldCertificate.Builder().addSubjectAlternativeName(name).build();
    }

    private static HandshakeCertificates trust(HeldCertificate certificate) {
        return new HandshakeCertificates.Builder()
                .addTrustedCertificate(certificate.certificate())
                .build();
    }

    private CheckResult resultOf(HeldCertificate servers, HeldCertificate trusted) {
        SSLContext context = trust(trusted).sslContext();
        return HttpHealthCheck.get("/health")
                .tls(context)
                .check(new CheckTarget(SERVICE, tlsServer(servers).endpoint(), PATIENCE))
                .join();
    }

    @Test
    void aTlsCheckOfAServiceWithAnUnderscorePassesWhereItsNameIsProven() {
        for (String name : List.of(SERVICE, "MY_orders.eu.svc", "*.eu.svc")) {
            HeldCertificate own = certificate(name);
            assertThat(resultOf(own, own)).as(name).isEqualTo(CheckResult.PASSED);
        }
    }

    @Test
    void aTlsCheckOfAServiceWithAnUnderscoreFailsWhereItsNameIsNotProven() {
        for (String name : List.of("my_payments.eu.svc", "*.svc", "*.my_orders.eu.svc", "eu.svc")) {
            HeldCertificate another = certificate(name);
            assertThat(resultOf(another, another).reason())
                    .as(name)
                    .isEqualTo("GET /health: SSLPeerUnverifiedException: the certificate is not for my_orders.eu.svc");
        }
        assertThat(resultOf(certificate(SERVICE), certificate(SERVICE)).reason())
                .as("the right name, and not trusted")
                .startsWith("GET /health: SSLHandshakeException: ");
    }

    @Test
    void requestsOverTlsWorkAndEndpointsMayHaveAnUnderscoreToo() throws Exception {
        HeldCertificate own = certificate(SERVICE);
        Server server = tlsServer(own);
        LoadBalancer orders = LoadBalancer.builder(SERVICE)
                .endpoints(EndpointSource.of("my_app_1:" + server.endpoint().port()))
                .build();
        opened.add(orders);
        HandshakeCertificates trust = trust(own);
        OkHttpClient client = EvenkeelOkHttp.wrap(
                new OkHttpClient.Builder()
                        .sslSocketFactory(trust.sslSocketFactory(), trust.trustManager())
                        .dns(host -> List.of(InetAddress.getLoopbackAddress()))
                        .build(),
                LoadBalancers.of(orders));
        Request request = new Request.Builder().url("https://" + SERVICE + "/").build();
        try (Response response = client.newCall(request).execute()) {
            assertThat(response.body().string()).isEqualTo("fine");
        }
        client.connectionPool().evictAll();
        client.dispatcher().executorService().shutdown();
    }
}
