package dev.evenkeel.lb.okhttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.LoadBalancers;
import dev.evenkeel.lb.call.Outcome.Kind;
import dev.evenkeel.lb.endpoint.EndpointSource;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProtocolException;
import java.net.Proxy;
import java.net.ProxySelector;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import mockwebserver3.MockResponse;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A redirect that leaves its service goes where, and as, any request to the other host goes. */
class RedirectRoutesTest {
    private static final String PAYMENTS = "payments.svc";

    @RegisterExtension
    private final Fleet fleet = new Fleet();

    private final List<AutoCloseable> opened = new ArrayList<>();

    /** The ways in which attempts are made. */
    enum Way {
        ONE_BY_ONE,
        MAY_HAVE_COMPANY
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable closeable : opened) {
            closeable.close();
        }
    }

    private void inThe(Way way) {
        if (way == Way.MAY_HAVE_COMPANY) {
            fleet.balancing(lb -> lb.attemptTimeout(Duration.ofHours(1)));
        }
    }

    private static MockResponse redirect(String location) {
        return new MockResponse.Builder()
                .code(302)
                .addHeader("Location", location)
                .build();
    }

    private Server opened(Server server) {
        opened.add(server);
        return server;
    }

    private Server another(String text) {
        return opened(new Server(request -> Server.ok(text), List.of(Protocol.HTTP_1_1), null));
    }

    /** Returns a client that balances a second service too. */
    private EvenkeelOkHttp withPayments(Server payments) {
        LoadBalancer loadBalancer = LoadBalancer.builder(PAYMENTS)
                .endpoints(EndpointSource.of(payments.address()))
                .build();
        EvenkeelOkHttp balanced = EvenkeelOkHttp.builder(
                        fleet.plainClient().build(), LoadBalancers.of(fleet.loadBalancer(), loadBalancer))
                .build();
        opened.add(loadBalancer);
        opened.add(balanced);
        return balanced;
    }

    private static String ask(OkHttpClient client, Request request) throws IOException {
        try (Response response = client.newCall(request).execute()) {
            return response.body().string();
        }
    }

    @ParameterizedTest
    @EnumSource
    void aRequestForAServiceNeverSharesAnHttp2ConnectionToAServerOfAnother(Way way) throws IOException {
        inThe(way);
        fleet.tls(Fleet.SERVICE, PAYMENTS).protocols(Protocol.HTTP_2, Protocol.HTTP_1_1);
        Server orders = fleet.add(request ->
                request.getTarget().equals("/") ? redirect("https://payments.svc/pay") : Server.ok("orders"));
        Server payments = opened(fleet.server(request -> Server.ok("payments")));
        EvenkeelOkHttp balanced = withPayments(payments);

        assertThat(ask(balanced.client(), fleet.request("/").build())).isEqualTo("payments");

        assertThat(orders.requests()).hasSize(1);
        assertThat(payments.requests()).hasSize(1);
        assertThat(balanced.misrouted()).isZero();
        fleet.awaitNothingInFlight();
    }

    @ParameterizedTest
    @EnumSource
    void aRedirectToAnotherHostGoesThroughTheClientsProxy(Way way) throws IOException {
        aRedirectGoesThroughTheProxy(
                way, c -> c.proxy(new Proxy(Proxy.Type.HTTP, address(another("by the proxy")))), "by the proxy");
    }

    @ParameterizedTest
    @EnumSource
    void aRedirectToAnotherHostGoesThroughTheProxyThatTheClientSelects(Way way) throws IOException {
        aRedirectGoesThroughTheProxy(
                way, c -> c.proxySelector(ProxySelector.of(address(another("as selected")))), "as selected");
    }

    @ParameterizedTest
    @EnumSource
    void aRedirectToAnotherHostGoesThroughTheProxyThatAnInterceptorChose(Way way) throws IOException {
        Proxy proxy = new Proxy(Proxy.Type.HTTP, address(another("as chosen")));
        aRedirectGoesThroughTheProxy(
                way, c -> c.addInterceptor(chain -> chain.withProxy(proxy).proceed(chain.request())), "as chosen");
    }

    private void aRedirectGoesThroughTheProxy(Way way, UnaryOperator<OkHttpClient.Builder> with, String answer)
            throws IOException {
        inThe(way);
        fleet.client(with).add(request -> redirect("http://other.test/"));
        assertThat(ask(fleet.client(), Fleet.get("/"))).isEqualTo(answer);
        assertThat(fleet.kinds()).containsExactly(Kind.SUCCESS);
    }

    private static InetSocketAddress address(Server server) {
        return new InetSocketAddress(
                InetAddress.getLoopbackAddress(), server.endpoint().port());
    }

    @ParameterizedTest
    @EnumSource
    void aRedirectToAnotherHostUsesTheClientsConnectionsToIt(Way way) throws IOException {
        inThe(way);
        Server other = another("elsewhere");
        String url = "http://other.test:" + other.endpoint().port() + "/";
        fleet.add(request -> redirect(url));
        assertThat(ask(fleet.client(), new Request.Builder().url(url).build())).isEqualTo("elsewhere");
        assertThat(ask(fleet.client(), Fleet.get("/"))).isEqualTo("elsewhere");
        assertThat(ask(fleet.client(), new Request.Builder().url(url).build())).isEqualTo("elsewhere");
        assertThat(other.requests()).hasSize(3);
        assertThat(other.connections()).isOne();
    }

    @ParameterizedTest
    @EnumSource
    void aRedirectToAnotherHostIsLookedUpAsAnInterceptorSays(Way way) throws IOException {
        inThe(way);
        Server other = another("elsewhere");
        List<String> names = new CopyOnWriteArrayList<>();
        fleet.client(c -> c.addInterceptor(chain -> chain.withDns(name -> {
                            names.add(name);
                            return List.of(InetAddress.getLoopbackAddress());
                        })
                        .proceed(chain.request())))
                .add(request -> redirect("http://other.test:" + other.endpoint().port() + "/"));
        assertThat(ask(fleet.client(), Fleet.get("/"))).isEqualTo("elsewhere");
        assertThat(names).containsExactly("other.test");
    }

    @ParameterizedTest
    @EnumSource
    void aLogInAtAnotherHostLeadsBackToTheEndpoint(Way way) throws IOException {
        inThe(way);
        Server login =
                opened(new Server(request -> redirect("http://orders.svc/welcome"), List.of(Protocol.HTTP_1_1), null));
        Server orders = fleet.add(request -> request.getTarget().equals("/")
                ? redirect("http://login.test:" + login.endpoint().port() + "/")
                : Server.ok("welcome"));
        Server second = fleet.add("never");
        try (Response response = fleet.client().newCall(Fleet.get("/")).execute()) {
            assertThat(response.body().string()).isEqualTo("welcome");
            assertThat(history(response))
                    .containsExactly("200 /welcome of orders.svc", "302 / of login.test", "302 / of orders.svc");
        }
        assertThat(orders.requests()).hasSize(2);
        assertThat(second.requests()).isEmpty();
        assertThat(fleet.balanced().misrouted()).isZero();
        fleet.awaitNothingInFlight();
    }

    @ParameterizedTest
    @EnumSource
    void anInterceptorMayAskAnotherHostBetweenTwoRequestsOfOneCall(Way way) throws IOException {
        inThe(way);
        Server login = another("a token");
        Request forToken = new Request.Builder()
                .url("http://login.test:" + login.endpoint().port() + "/")
                .build();
        fleet.client(c -> c.addInterceptor(chain -> {
            Response refused = chain.proceed(chain.request());
            refused.close();
            try (Response token = chain.proceed(forToken)) {
                return chain.proceed(chain.request()
                        .newBuilder()
                        .header("Authorization", token.body().string())
                        .build());
            }
        }));
        fleet.add(request ->
                request.getHeaders().get("Authorization") == null ? Server.status(401) : Server.ok("welcome"));
        assertThat(ask(fleet.client(), Fleet.get("/"))).isEqualTo("welcome");
        assertThat(fleet.kinds()).containsExactly(Kind.REJECTED, Kind.SUCCESS);
        fleet.awaitNothingInFlight();
    }

    private static List<String> history(Response latest) {
        List<String> history = new ArrayList<>();
        for (@Nullable Response r = latest; r != null; r = r.priorResponse()) {
            history.add(r.code() + " " + r.request().url().encodedPath() + " of "
                    + r.request().url().host());
        }
        return history;
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://payments.svc/", "http://other.test/"})
    void redirectsThatLeadInACircleEndAsWithoutUs(String elsewhere) {
        Server there = opened(new Server(request -> redirect("http://orders.svc/"), List.of(Protocol.HTTP_1_1), null));
        Server orders = fleet.add(request -> redirect(
                elsewhere.replace("other.test", "other.test:" + there.endpoint().port())));
        OkHttpClient client = withPayments(there).client();
        assertThatThrownBy(() -> ask(client, Fleet.get("/")))
                .isInstanceOf(ProtocolException.class)
                .hasMessage("Too many follow-up requests: 21");
        assertThat(orders.requests().size() + there.requests().size()).isEqualTo(21);
        fleet.awaitNothingInFlight();
    }
}
