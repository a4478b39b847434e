package dev.evenkeel.lb.okhttp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.StickySessions;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.policy.LoadMetric;
import dev.evenkeel.lb.retry.Hedging;
import dev.evenkeel.lb.retry.RetryBudget;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.IntStream;
import mockwebserver3.MockResponse;
import mockwebserver3.RecordedRequest;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One of three servers begins to answer 503 with {@code Retry-After} at once: no GET fails, whatever is to keep it there. */
class PushbackTest {
    private static final int USERS = 20;
    private static final int ROUNDS = 10;

    @RegisterExtension
    private final Fleet fleet = new Fleet();

    private final Map<String, String> cookies = new ConcurrentHashMap<>(); // by user

    /** What holds calls to a server. */
    enum Calls {
        PLAIN,
        WITH_A_KEY,
        IN_A_SESSION_BY_KEY,
        IN_A_SESSION_BY_COOKIE,
        HEDGED
    }

    private void use(Calls calls) {
        LoadBalancingPolicy policy = switch (calls) {
            case PLAIN, HEDGED -> LoadBalancingPolicy.leastLoaded(LoadMetric.PEAK_EWMA);
            case WITH_A_KEY -> LoadBalancingPolicy.ringHash();
            case IN_A_SESSION_BY_KEY, IN_A_SESSION_BY_COOKIE -> LoadBalancingPolicy.roundRobin();
        };
        fleet.balancing(lb -> {
            lb.policy(policy).stickySessions(StickySessions.DEFAULT);
            if (calls == Calls.WITH_A_KEY) {
                lb.retryBudget(RetryBudget.Settings.DEFAULT); // as keys go past it, that is ample
            }
            return calls == Calls.HEDGED ? lb.hedging(Hedging.DEFAULT) : lb;
        });
        fleet.wrapping(client -> switch (calls) {
            case PLAIN, HEDGED -> client;
            case WITH_A_KEY -> client.requestKey(Fleet.SERVICE, KeySource.header("user"));
            case IN_A_SESSION_BY_KEY -> client.sessionKey(Fleet.SERVICE, KeySource.header("user"));
            case IN_A_SESSION_BY_COOKIE -> client.sessionCookie(Fleet.SERVICE, "lb");
        });
    }

    private static Function<RecordedRequest, MockResponse> in20Millis(String name) {
        return request -> new MockResponse.Builder()
                .headersDelay(20, TimeUnit.MILLISECONDS)
                .body(name)
                .build();
    }

    private static MockResponse maintenance(String seconds) {
        return new MockResponse.Builder()
                .code(503)
                .addHeader("Retry-After", seconds)
                .build();
    }

    private String ask(String user) throws IOException {
        Request.Builder request = fleet.request("/").header("user", user);
        String cookie = cookies.get(user);
        if (cookie != null) {
            request.header("Cookie", cookie);
        }
        try (Response response = fleet.client().newCall(request.build()).execute()) {
            String given = response.header("Set-Cookie");
            if (given != null) {
                cookies.put(user, given.split(";", 2)[0]);
            }
            return response.code() + " " + response.body().string();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "PLAIN, HTTP_1_1",
        "PLAIN, H2_PRIOR_KNOWLEDGE",
        "WITH_A_KEY, HTTP_1_1",
        "WITH_A_KEY, H2_PRIOR_KNOWLEDGE",
        "IN_A_SESSION_BY_KEY, HTTP_1_1",
        "IN_A_SESSION_BY_COOKIE, HTTP_1_1",
        "HEDGED, HTTP_1_1",
        "HEDGED, H2_PRIOR_KNOWLEDGE"
    })
    void noGetFailsWhileOneServerAsksForAPause(Calls calls, Protocol protocol) throws Exception {
        fleet.protocols(protocol);
        use(calls);
        List<Server> servers = new ArrayList<>();
        for (String name : List.of("a", "b", "c")) {
            servers.add(fleet.add(in20Millis(name)));
        }
        Map<String, String> homes = new HashMap<>();
        for (int user = 0; user < USERS; user++) {
            homes.put("user-" + user, ask("user-" + user));
        }
        Server asking = servers.get(homes.get("user-0").charAt("200 ".length()) - 'a');
        asking.behave(request -> maintenance("120"));
        int before = asking.requests().size();

        assertThat(askAll()).hasSize(USERS * ROUNDS).allMatch(answer -> answer.startsWith("200 "));
        if (calls == Calls.WITH_A_KEY) {
            assertThat(asking.requests().size() - before)
                    .as("those that find out, and those that overtake the news")
                    .isBetween(1, 8);
        }
        fleet.awaitNothingInFlight();
    }

    private List<String> askAll() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Callable<List<String>>> users = new ArrayList<>();
            for (int user = 0; user < USERS; user++) {
                String name = "user-" + user;
                users.add(() -> {
                    List<String> answers = new ArrayList<>();
                    for (int round = 0; round < ROUNDS; round++) {
                        answers.add(ask(name));
                    }
                    return answers;
                });
            }
            List<String> all = new ArrayList<>();
            for (Future<List<String>> answers : threads.invokeAll(users)) {
                all.addAll(answers.get());
            }
            return all;
        } finally {
            threads.shutdown();
        }
    }

    @ParameterizedTest
    @CsvSource({"IN_A_SESSION_BY_KEY", "IN_A_SESSION_BY_COOKIE"})
    void aSessionReturnsWhenThePauseIsOver(Calls calls) throws IOException {
        use(calls);
        Server first = fleet.add("a");
        fleet.add("b");
        fleet.loadBalancer().drain(fleetsOther(first));
        assertThat(ask("one")).isEqualTo("200 a");
        @Nullable String cookie = cookies.get("one");
        fleet.loadBalancer().undrain(fleetsOther(first));

        first.behave(request -> maintenance("1"));
        Until.until(
                "it is asked, and goes elsewhere",
                () -> answer("one").equals("200 b") && first.requests().size() > 1);
        first.behave(request -> Server.ok("a"));
        Until.until(
                "the pause is over, as round robin goes nowhere three times",
                () -> IntStream.range(0, 3).allMatch(i -> answer("one").equals("200 a")));
        for (int i = 0; i < 20; i++) {
            assertThat(ask("one")).isEqualTo("200 a");
        }
        assertThat(cookies.get("one")).as("it was never sent away").isEqualTo(cookie);
    }

    private String fleetsOther(Server than) {
        return fleet.loadBalancer().endpoints().stream()
                .map(status -> status.endpoint().id())
                .filter(id -> !id.equals(than.address()))
                .findFirst()
                .orElseThrow();
    }

    private String answer(String user) {
        try {
            return ask(user);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void answersThatRefuseRequestsBeginNoSession() throws IOException {
        use(Calls.IN_A_SESSION_BY_COOKIE);
        fleet.add(request -> Server.status(401));

        assertThat(ask("one")).isEqualTo("401 status 401");
        assertThat(cookies).isEmpty();
    }
}
