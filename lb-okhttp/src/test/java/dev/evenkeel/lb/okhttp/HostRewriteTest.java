package dev.evenkeel.lb.okhttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.evenkeel.lb.call.Outcome.Kind;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import okhttp3.Call;
import okhttp3.EventListener;
import okhttp3.HttpUrl;
import okhttp3.Interceptor;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Interceptors that change where a request goes, as those for a base URL that is chosen at run time do. */
class HostRewriteTest {
    @RegisterExtension
    private final Fleet fleet = new Fleet();

    /** Sends every request to one place, whatever it was for. */
    private static Interceptor sendingAllTo(String host, int port) {
        return chain -> {
            HttpUrl url =
                    chain.request().url().newBuilder().host(host).port(port).build();
            return chain.proceed(chain.request().newBuilder().url(url).build());
        };
    }

    private static String ask(OkHttpClient client, Request request) throws IOException {
        try (Response response = client.newCall(request).execute()) {
            return response.code() + " " + response.body().string();
        }
    }

    @Test
    void oneThatWasAddedBeforeWrappingDecidesWhichServiceIsCalled() throws IOException {
        fleet.client(c -> c.addInterceptor(sendingAllTo(Fleet.SERVICE, 80)));
        fleet.add(request -> Server.status(503));
        fleet.add("fine");
        assertThat(ask(
                        fleet.client(),
                        new Request.Builder().url("http://base.test/").build()))
                .isEqualTo("200 fine");
    }

    @Test
    void oneThatWasAddedAfterWrappingIsToldSoAndNothingIsSentToWhereItPoints() {
        Server sick = fleet.add(request -> Server.status(503));
        fleet.add("fine");
        OkHttpClient client = fleet.client()
                .newBuilder()
                .addInterceptor(sendingAllTo("127.0.0.1", sick.endpoint().port()))
                .build();
        for (int i = 0; i < 10; i++) {
            Request.Builder request = fleet.request("/" + i);
            assertThatThrownBy(() -> ask(client, request.build()))
                    .isInstanceOf(IOException.class)
                    .hasMessageContainingAll("orders.svc", "after the client was wrapped. Add it before");
            assertThatThrownBy(() -> ask(client, request.post(RequestBody.EMPTY).build()))
                    .hasMessageContaining("Add it before");
        }
        assertThat(fleet.served()).isZero();
        assertThat(sick.openConnections()).isZero();
        assertThat(fleet.kinds()).hasSize(20).containsOnly(Kind.NOT_SENT);
        fleet.awaitNothingInFlight();
    }

    @Test
    void oneThatPointsToAnotherNameIsToldTheSame() {
        fleet.add("fine");
        OkHttpClient client = fleet.client()
                .newBuilder()
                .addInterceptor(sendingAllTo("other.test", 80))
                .build();
        assertThatThrownBy(() -> ask(client, Fleet.get("/")))
                .isInstanceOf(IOException.class)
                .hasMessageContainingAll("other.test", "orders.svc", "before the client is wrapped");
        assertThat(fleet.kinds()).containsExactly(Kind.NOT_SENT);
    }

    @Test
    void oneThatKeepsTheServicesNameDoesNotPutOnTheWireWhatReleasesAConnection() throws IOException {
        Server sick = fleet.add(request -> Server.status(503));
        fleet.add("fine");
        OkHttpClient client = fleet.client()
                .newBuilder()
                .addInterceptor(sendingAllTo(Fleet.SERVICE, 80))
                .build();
        for (int i = 0; i < 10; i++) {
            assertThat(ask(client, Fleet.get("/" + i))).isEqualTo("200 fine");
        }
        assertThat(sick.requests())
                .isNotEmpty()
                .allMatch(request -> request.getTarget().length() > 1); // the probe is for "/"
        assertThat(fleet.served()).isEqualTo(10 + sick.requests().size());
    }

    @Test
    void overHttp2SuchACallFailsInsteadOfGoingToTheSickServerAgain() {
        fleet.protocols(Protocol.H2_PRIOR_KNOWLEDGE);
        Server sick = fleet.add(request -> Server.status(503));
        fleet.add("fine");
        OkHttpClient client = fleet.client()
                .newBuilder()
                .addInterceptor(sendingAllTo(Fleet.SERVICE, 80))
                .build();
        assertThatThrownBy(() -> ask(client, Fleet.get("/")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("Add interceptors before the client is wrapped");
        assertThat(sick.requests()).hasSize(1);
        assertThat(fleet.balanced().misrouted()).isPositive();
    }

    @Test
    void whatReleasesAConnectionBeginsNothingThatAnEventListenerDoesNotSeeEnd() throws IOException {
        List<String> events = new CopyOnWriteArrayList<>();
        fleet.client(c -> c.eventListener(new EventListener() {
                    @Override
                    public void dnsStart(Call call, String name) {
                        events.add("look up " + name);
                    }

                    @Override
                    public void dnsEnd(Call call, String name, List<java.net.InetAddress> addresses) {
                        events.add("found " + name);
                    }

                    @Override
                    public void proxySelectStart(Call call, HttpUrl url) {
                        events.add("select for " + url.host());
                    }

                    @Override
                    public void proxySelectEnd(Call call, HttpUrl url, List<java.net.Proxy> proxies) {
                        events.add("selected for " + url.host());
                    }
                }))
                .add(request -> Server.status(503));
        fleet.add("fine");
        assertThat(fleet.ask()).isEqualTo("200 fine");
        assertThat(events)
                .containsExactly(
                        "select for orders.svc",
                        "selected for orders.svc",
                        "look up orders.svc",
                        "found orders.svc",
                        "select for lb-release.invalid",
                        "selected for lb-release.invalid",
                        "select for orders.svc",
                        "selected for orders.svc",
                        "look up orders.svc",
                        "found orders.svc");
    }
}
