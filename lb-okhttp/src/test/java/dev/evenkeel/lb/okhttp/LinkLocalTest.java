package dev.evenkeel.lb.okhttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import com.sun.net.httpserver.HttpServer;
import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.LoadBalancers;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.EndpointSource;
import dev.evenkeel.lb.health.CheckResult;
import dev.evenkeel.lb.health.CheckTarget;
import dev.evenkeel.lb.health.HealthCheck;
import dev.evenkeel.lb.health.HttpHealthCheck;
import dev.evenkeel.lb.health.TcpHealthCheck;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import okhttp3.Dns;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A link-local address means nothing without the link it is on. */
class LinkLocalTest {
    private final List<AutoCloseable> opened = new ArrayList<>();
    private Inet6Address own;
    private int port;

    @BeforeEach
    void serve() throws Exception {
        List<InetAddress> linkLocal = NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(address -> address instanceof Inet6Address && address.isLinkLocalAddress())
                .toList();
        assumeFalse(linkLocal.isEmpty(), "this machine has no link-local address");
        own = (Inet6Address) linkLocal.get(0);
        HttpServer server = HttpServer.create(new InetSocketAddress(own, 0), 0);
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, 4);
            exchange.getResponseBody().write("fine".getBytes(StandardCharsets.US_ASCII));
            exchange.close();
        });
        server.start();
        opened.add(() -> server.stop(0));
        port = server.getAddress().getPort();
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable resource : opened) {
            resource.close();
        }
    }

    private String plain() {
        return own.getHostAddress().replaceFirst("%.*", "");
    }

    private List<Endpoint> spellings() {
        return List.of(
                Endpoint.of(plain() + "%" + own.getScopedInterface().getName(), port),
                Endpoint.of(plain() + "%" + own.getScopeId(), port));
    }

    private String ask(Endpoint endpoint, Dns dns) throws Exception {
        LoadBalancer orders = LoadBalancer.builder("orders.svc")
                .endpoints(EndpointSource.of(List.of(endpoint)))
                .build();
        opened.add(orders);
        EvenkeelOkHttp balanced = EvenkeelOkHttp.builder(
                        new OkHttpClient.Builder().dns(dns).build(), LoadBalancers.of(orders))
                .build();
        opened.add(balanced);
        Request request = new Request.Builder().url("http://orders.svc/").build();
        try (Response response = balanced.client().newCall(request).execute()) {
            return response.body().string();
        }
    }

    @Test
    void anEndpointWithAScopeIsReached() throws Exception {
        for (Endpoint endpoint : spellings()) {
            assertThat(ask(endpoint, Dns.SYSTEM)).as(endpoint.address()).isEqualTo("fine");
        }
    }

    @Test
    void aNameThatLeadsToAnAddressWithAScopeIsReached() throws Exception {
        assertThat(ask(Endpoint.of("pod-1", port), name -> List.of(own))).isEqualTo("fine");
    }

    @Test
    void anEndpointWithAScopeCanBeChecked() throws Exception {
        for (HealthCheck check : List.of(HttpHealthCheck.get("/"), new TcpHealthCheck())) {
            for (Endpoint endpoint : spellings()) {
                assertThat(check.check(new CheckTarget("orders.svc", endpoint, Duration.ofSeconds(20)))
                                .join())
                        .as(check + " of " + endpoint)
                        .isEqualTo(CheckResult.PASSED);
            }
        }
    }

    @Test
    void aScopeThatThisMachineDoesNotHaveIsNamed() {
        assertThatThrownBy(() -> ask(Endpoint.of(plain() + "%nosuch0", port), Dns.SYSTEM))
                .isInstanceOf(UnknownHostException.class)
                .hasMessageContaining("nosuch0");
    }

    @Test
    void whereNothingListensTheAddressIsNamedWithItsScope() throws Exception {
        Endpoint endpoint = spellings().get(0);
        opened.remove(0).close();

        assertThatThrownBy(() -> ask(endpoint, Dns.SYSTEM)).hasMessage("Failed to connect to " + endpoint.address());
    }
}
