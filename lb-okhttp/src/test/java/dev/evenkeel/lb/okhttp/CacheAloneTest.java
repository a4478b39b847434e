package dev.evenkeel.lb.okhttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.LoadBalancers;
import dev.evenkeel.lb.endpoint.EndpointSource;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import mockwebserver3.MockResponse;
import okhttp3.Cache;
import okhttp3.CacheControl;
import okhttp3.Call;
import okhttp3.EventListener;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.Response;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the cache can answer needs no endpoint, and is answered where there is none. */
class CacheAloneTest {
    @RegisterExtension
    private final Fleet fleet = new Fleet();

    @TempDir
    private Path folder;

    private final List<String> heard = new CopyOnWriteArrayList<>();
    private final AtomicBoolean kept = new AtomicBoolean(true);

    private final EventListener listener = new EventListener() {
        @Override
        public void cacheHit(Call call, Response response) {
            heard.add("cacheHit");
        }

        @Override
        public void dnsStart(Call call, String domainName) {
            heard.add("dnsStart");
        }

        @Override
        public void callEnd(Call call) {
            heard.add("callEnd");
        }

        @Override
        public void callFailed(Call call, IOException failure) {
            heard.add("callFailed");
        }
    };

    /** Why there is no endpoint for a call. */
    enum Lack {
        EMPTY,
        FULL,
        CLOSED
    }

    @BeforeEach
    void keepAnswers() {
        fleet.client(c -> c.cache(new Cache(folder.toFile(), 1 << 20)).eventListener(listener));
        fleet.add(request -> request.getTarget().equals("/kept")
                ? new MockResponse.Builder()
                        .addHeader("Cache-Control", kept.get() ? "max-age=600" : "no-cache")
                        .addHeader("ETag", "\"1\"")
                        .body("kept")
                        .build()
                : Server.ok("not kept"));
    }

    private void lack(Lack lack) throws IOException {
        switch (lack) {
            case EMPTY -> fleet.source().set(List.of());
            case FULL -> {
                Response unused =
                        fleet.client().newCall(fleet.request("/open").build()).execute();
                assertThat(fleet.inFlight()).isOne();
            }
            case CLOSED -> fleet.loadBalancer().close();
        }
        heard.clear();
    }

    private void set(Lack lack, boolean hedged) {
        fleet.balancing(lb -> {
            var builder = lack == Lack.FULL ? lb.maxInFlightPerEndpoint(1) : lb;
            return hedged ? builder.attemptTimeout(Duration.ofHours(1)) : builder;
        });
    }

    private Request.Builder kept() {
        return fleet.request("/kept");
    }

    @ParameterizedTest
    @CsvSource({
        "EMPTY, false",
        "EMPTY, true",
        "FULL, false",
        "FULL, true",
        "CLOSED, false",
        "CLOSED, true",
    })
    void aFreshAnswerIsServedWithoutAnEndpoint(Lack lack, boolean hedged) throws IOException {
        set(lack, hedged);
        assertThat(fleet.ask(kept().build())).isEqualTo("200 kept");
        lack(lack);
        assertThat(fleet.ask(kept().build())).isEqualTo("200 kept");
        assertThat(heard).containsExactly("cacheHit", "callEnd");
        assertThat(fleet.ask(kept().cacheControl(CacheControl.FORCE_CACHE).build()))
                .isEqualTo("200 kept");
        assertThatThrownBy(() -> fleet.ask()).isInstanceOf(NoEndpointIOException.class);
        assertThat(fleet.balanced().misrouted()).isZero();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatTheCacheMayNotServeAloneNeedsAnEndpoint(boolean hedged) throws IOException {
        kept.set(false);
        set(Lack.EMPTY, hedged);
        assertThat(fleet.ask(kept().build())).isEqualTo("200 kept");
        lack(Lack.EMPTY);
        assertThatThrownBy(() -> fleet.ask(kept().build())).isInstanceOf(NoEndpointIOException.class);
    }

    /** As without us: it is the cache that says so, and there need not be one. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatMayOnlyComeFromTheCacheAsksForNoEndpoint(boolean hedged) throws IOException {
        set(Lack.EMPTY, hedged);
        Request request = kept().cacheControl(CacheControl.FORCE_CACHE).build();
        assertThat(fleet.ask(request)).startsWith("504");
        assertThat(fleet.samples()).isEmpty();
        assertThat(fleet.served()).isZero();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aFreshAnswerDoesNotWaitForTheFirstList(boolean hedged) throws IOException {
        set(Lack.EMPTY, hedged);
        assertThat(fleet.ask(kept().build())).isEqualTo("200 kept");
        OkHttpClient known = fleet.client();
        try (LoadBalancer late = LoadBalancer.builder(Fleet.SERVICE)
                        .endpoints((listener, environment) -> () -> {})
                        .firstListTimeout(Duration.ofSeconds(60))
                        .build();
                EvenkeelOkHttp balanced = EvenkeelOkHttp.builder(
                                fleet.plainClient().cache(known.cache()).build(), LoadBalancers.of(late))
                        .build();
                Response response = balanced.client().newCall(kept().build()).execute()) {
            assertThat(response.body().string()).isEqualTo("kept");
        }
    }

    /** A redirect that is kept leads where it always does. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aRedirectFromTheCacheIsFollowedToAnotherHost(boolean hedged) throws IOException {
        try (Server other = new Server(request -> Server.ok("elsewhere"), List.of(Protocol.HTTP_1_1), null);
                Server paid = new Server(request -> Server.ok("paid"), List.of(Protocol.HTTP_1_1), null);
                LoadBalancer payments = LoadBalancer.builder("payments.svc")
                        .endpoints(EndpointSource.of(paid.address()))
                        .build()) {
            set(Lack.EMPTY, hedged);
            fleet.source().set(List.of());
            fleet.add(request -> new MockResponse.Builder()
                    .code(301)
                    .addHeader("Cache-Control", "max-age=600")
                    .addHeader(
                            "Location",
                            request.getTarget().equals("/pay")
                                    ? "http://payments.svc/"
                                    : "http://other.test:" + other.endpoint().port() + "/")
                    .build());
            Cache cache = new Cache(folder.toFile(), 1 << 20);
            try (EvenkeelOkHttp balanced = EvenkeelOkHttp.builder(
                            fleet.plainClient().cache(cache).build(), LoadBalancers.of(fleet.loadBalancer(), payments))
                    .build()) {
                for (int i = 0; i < 2; i++) {
                    assertThat(ask(balanced.client(), "/")).isEqualTo("elsewhere");
                    assertThat(ask(balanced.client(), "/pay")).isEqualTo("paid");
                    fleet.source().set(List.of());
                }
            }
        }
    }

    private String ask(OkHttpClient client, String path) throws IOException {
        try (Response response = client.newCall(fleet.request(path).build()).execute()) {
            return response.body().string();
        }
    }
}
