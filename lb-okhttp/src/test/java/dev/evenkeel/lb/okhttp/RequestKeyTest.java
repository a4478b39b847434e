package dev.evenkeel.lb.okhttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.evenkeel.lb.call.Destination;
import dev.evenkeel.lb.call.RequestKey;
import dev.evenkeel.lb.call.Subset;
import dev.evenkeel.lb.locality.MetadataSubsets;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.policy.Node;
import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import mockwebserver3.MockResponse;
import okhttp3.Cookie;
import okhttp3.CookieJar;
import okhttp3.HttpUrl;
import okhttp3.Request;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What the user names in a request is the key by which a policy picks. */
class RequestKeyTest {
    @RegisterExtension
    private final Fleet fleet = new Fleet();

    private final List<Destination> seen = new CopyOnWriteArrayList<>();

    /** Remembers what requests ask, and picks in order. */
    private LoadBalancingPolicy watched() {
        return (candidates, random) -> {
            var picker = Fleet.IN_ORDER.newPicker(candidates, random);
            return (call, now) -> {
                seen.add(call.request().destination());
                return picker.pick(call, now);
            };
        };
    }

    private @Nullable RequestKey keyOf(KeySource source, UnaryOperator<Request.Builder> request) throws IOException {
        fleet.balancing(lb -> lb.policy(watched()))
                .wrapping(client -> client.requestKey(Fleet.SERVICE, source))
                .add("fine");
        fleet.ask(request.apply(fleet.request("/v1/orders/42?tenant=blue&user=bob"))
                .build());
        return seen.get(0).key();
    }

    private @Nullable RequestKey keyOf(KeySource source) throws IOException {
        return keyOf(source, request -> request);
    }

    @Test
    void aHeaderIsTheKey() throws IOException {
        assertThat(keyOf(KeySource.header("x-user"), r -> r.header("X-User", "alice")))
                .isEqualTo(RequestKey.of("alice"));
    }

    @Test
    void aCookieIsTheKey() throws IOException {
        assertThat(keyOf(KeySource.cookie("user"), r -> r.header("Cookie", "superuser=root; user=alice; a=b")))
                .isEqualTo(RequestKey.of("alice"));
    }

    @Test
    void aCookieOfTheClientsOwnJarIsTheKey() throws IOException {
        fleet.client(c -> c.cookieJar(new CookieJar() {
            @Override
            public void saveFromResponse(HttpUrl url, List<Cookie> cookies) {}

            @Override
            public List<Cookie> loadForRequest(HttpUrl url) {
                return List.of(new Cookie.Builder()
                        .name("user")
                        .value("alice")
                        .domain(url.host())
                        .build());
            }
        }));
        assertThat(keyOf(KeySource.cookie("user"), r -> r.header("Cookie", "user=replaced by the jar's")))
                .isEqualTo(RequestKey.of("alice"));
    }

    @Test
    void aQueryParameterIsTheKey() throws IOException {
        assertThat(keyOf(KeySource.queryParameter("tenant"))).isEqualTo(RequestKey.of("blue"));
    }

    @Test
    void aPathSegmentIsTheKey() throws IOException {
        assertThat(keyOf(KeySource.pathSegment(2))).isEqualTo(RequestKey.of("42"));
    }

    @Test
    void aPathThatIsTooShortHasNoKey() throws IOException {
        assertThat(keyOf(KeySource.pathSegment(3))).isNull();
    }

    @Test
    void theClientsAddressIsTheKey() throws IOException {
        InetAddress client = InetAddress.getByName("203.0.113.7");
        assertThat(keyOf(KeySource.clientIp(), r -> r.tag(InetAddress.class, client)))
                .isEqualTo(RequestKey.of("203.0.113.7"));
    }

    @Test
    void theFirstAddressInAHeaderIsTheKey() throws IOException {
        assertThat(keyOf(
                        KeySource.clientIp("X-Forwarded-For"),
                        r -> r.header("X-Forwarded-For", " 203.0.113.7:51044 , 10.0.0.1")))
                .isEqualTo(RequestKey.of("203.0.113.7"));
    }

    @Test
    void anAddressIsTheSameHoweverItIsWritten() {
        assertThat(ForwardedFor.first("[2001:DB8::7]:443, 10.0.0.1")).isEqualTo("2001:db8::7");
        assertThat(ForwardedFor.first("2001:db8::7")).isEqualTo("2001:db8::7");
        for (String none : List.of("", " ,", "[2001:db8", "1".repeat(1_000_000))) {
            assertThat(ForwardedFor.first(none)).isNull();
        }
    }

    @Test
    void aFunctionOfTheUsersMakesTheKey() throws IOException {
        assertThat(keyOf(
                        KeySource.of(request -> request.method() + request.url().encodedPath())))
                .isEqualTo(RequestKey.of("GET/v1/orders/42"));
    }

    @Test
    void whereOneSourceHasNothingTheNextIsAsked() throws IOException {
        assertThat(keyOf(KeySource.header("x-user").or(KeySource.queryParameter("user"))))
                .isEqualTo(RequestKey.of("bob"));
    }

    @Test
    void aRequestWithoutKeySourceHasNoKey() throws IOException {
        fleet.balancing(lb -> lb.policy(watched())).add("fine");
        fleet.ask();
        assertThat(seen).singleElement().isSameAs(Destination.ANY);
    }

    @Test
    void aFunctionThatThrowsIsNoKeyAndSaidOnce() throws IOException {
        List<String> log = logOfTwoCalls(KeySource.of(request -> {
            throw new IllegalStateException("no user");
        }));
        assertThat(log).singleElement().asString().contains("orders.svc", "a function", "could not be asked");
    }

    @Test
    void aFunctionInKotlinThatThrowsIsNoKeyEither() throws IOException {
        List<String> log = logOfTwoCalls(KeySource.of(request -> {
            Sneaky.raise(new IOException("no user"));
            return null;
        }));
        assertThat(log).singleElement().asString().contains("orders.svc", "a function", "could not be asked");
    }

    @Test
    void aFunctionThatReturnsNullIsNoKeyAndSaidOnce() throws IOException {
        assertThat(logOfTwoCalls(KeySource.of(request -> null)))
                .singleElement()
                .asString()
                .contains("orders.svc", "has none");
    }

    /** Makes two calls, which have no key, and returns what was logged. */
    private List<String> logOfTwoCalls(KeySource source) throws IOException {
        List<String> log = new CopyOnWriteArrayList<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord line) {
                log.add(line.getMessage());
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger logger = Logger.getLogger(EvenkeelOkHttp.class.getName());
        Level before = logger.getLevel();
        logger.addHandler(handler);
        logger.setLevel(Level.ALL);
        try {
            assertThat(keyOf(source)).isNull();
            assertThat(fleet.ask()).isEqualTo("200 fine");
        } finally {
            logger.setLevel(before);
            logger.removeHandler(handler);
        }
        return log;
    }

    @Test
    void aTextOfAbsurdSizeIsNoKey() throws IOException {
        assertThat(keyOf(KeySource.of(request -> "x".repeat(KeySource.LONGEST + 1))))
                .isNull();
    }

    @Test
    void aCookieOfAMegabyteIsNoKeyAndTheCallGoesOn() throws IOException {
        fleet.balancing(lb -> lb.policy(watched()))
                .wrapping(client -> client.requestKey(Fleet.SERVICE, KeySource.cookie("user")))
                .add("fine");
        String huge = "x".repeat(1_000_000);
        for (String cookie :
                List.of("user=" + huge, huge + "; user=alice", "a=" + huge + "; user=alice", ";".repeat(1_000_000))) {
            assertThat(keyOfCallWith(cookie)).isNull();
        }
        assertThat(keyOfCallWith("user=alice; a=" + huge))
                .as("what stands before it is found")
                .isEqualTo(RequestKey.of("alice"));
    }

    private @Nullable RequestKey keyOfCallWith(String cookie) throws IOException {
        seen.clear();
        assertThat(fleet.ask(fleet.request("/").header("Cookie", cookie).build()))
                .isEqualTo("200 fine");
        return seen.get(0).key();
    }

    @Test
    void aRetryHasTheKeyOfItsCall() throws IOException {
        fleet.add(request -> Server.status(503));
        assertThat(keyOf(KeySource.header("x-user"), r -> r.header("x-user", "alice")))
                .isEqualTo(RequestKey.of("alice"));
        assertThat(seen).hasSize(2).extracting(Destination::key).containsOnly(RequestKey.of("alice"));
    }

    @Test
    void aRedirectStaysAtTheEndpointOfTheKey() throws IOException {
        fleet.add(request -> request.getTarget().equals("/next")
                ? Server.ok("arrived")
                : new MockResponse.Builder()
                        .code(302)
                        .addHeader("Location", "/next")
                        .build());
        assertThat(keyOf(KeySource.header("x-user"), r -> r.header("x-user", "alice")))
                .isEqualTo(RequestKey.of("alice"));
        assertThat(seen).hasSize(1);
        assertThat(fleet.served()).isEqualTo(2);
    }

    @Test
    void requestsWithOneKeyGoToOneEndpointWhereThePolicyDoesSo() throws IOException {
        fleet.balancing(lb -> lb.policy((candidates, random) -> (call, now) ->
                        byKey(candidates, call.request().destination().key())))
                .wrapping(client -> client.requestKey("ORDERS.svc", KeySource.header("x-user")));
        Server even = fleet.add("even");
        Server odd = fleet.add("odd");
        for (int i = 0; i < 20; i++) {
            String user = "user " + i % 4;
            String expected = RequestKey.of(user).hash() % 2 == 0 ? "200 even" : "200 odd";
            assertThat(fleet.ask(fleet.request("/").header("x-user", user).build()))
                    .isEqualTo(expected);
        }
        assertThat(even.requests().size() + odd.requests().size()).isEqualTo(20);
    }

    private static Node byKey(List<? extends Node> candidates, @Nullable RequestKey key) {
        return candidates.get(key == null || key.hash() % 2 == 0 ? 0 : 1);
    }

    @Test
    void aSubsetIsAskedForByATag() throws IOException {
        fleet.balancing(lb -> lb.policy(watched())
                        .subsets(MetadataSubsets.by("version").fallingBackToAny()))
                .add("fine");
        Subset canary = Subset.of("version", "canary");
        fleet.ask(fleet.request("/").tag(Subset.class, canary).build());
        assertThat(seen.get(0).subset()).isEqualTo(canary);
    }

    @Test
    void aSubsetThatNobodyIsInFailsTheCallBeforeItIsSent() {
        fleet.balancing(lb -> lb.subsets(MetadataSubsets.by("version"))).add("fine");
        Request request = fleet.request("/")
                .tag(Subset.class, Subset.of("version", "canary"))
                .build();
        assertThatThrownBy(() -> fleet.ask(request))
                .isInstanceOf(NoEndpointIOException.class)
                .hasMessageStartingWith(
                        "orders.svc: no endpoint of the subset {version=canary} can be picked; there are");
        assertThat(fleet.served()).isZero();
    }

    @Test
    void whatCannotBeIsRefusedByName() {
        fleet.add("fine");
        fleet.wrapping(client -> {
            assertThatThrownBy(() -> client.requestKey("payments.svc", KeySource.clientIp()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContainingAll("payments.svc", "orders.svc");
            return client;
        });
        assertThat(fleet.client()).isNotNull();
        assertThatThrownBy(() -> KeySource.cookie("a=b"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("a=b");
        assertThatThrownBy(() -> KeySource.pathSegment(-1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("-1");
    }
}
