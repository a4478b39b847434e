package dev.evenkeel.lb.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.LoadBalancerBuilder;
import dev.evenkeel.lb.LoadBalancers;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.EndpointSource;
import dev.evenkeel.lb.endpoint.OutReason;
import dev.evenkeel.lb.observe.EndpointStatus;
import dev.evenkeel.lb.okhttp.EvenkeelOkHttp;
import dev.evenkeel.lb.okhttp.KeySource;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.retry.Backoff;
import dev.evenkeel.lb.retry.RetryBudget;
import dev.evenkeel.lb.retry.RetryPolicy;
import io.grpc.CallOptions;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** An application that calls one service over HTTP and over gRPC: two ports of each server, and one load balancer for all its clients. */
class BothProtocolsTest {
    private static final String USER = "x-user";
    private static final List<String> USERS =
            IntStream.range(0, 60).mapToObj(i -> "user " + i).toList();

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<Pod> pods =
            Stream.generate(() -> new Pod(threads)).limit(3).toList();
    private LoadBalancer loadBalancer;
    private OkHttpClient http;
    private ManagedChannel one;
    private ManagedChannel other;

    private void use(RetryPolicy retry, RetryBudget.Settings budget, double panicThreshold) {
        use(settings -> settings.policy(LoadBalancingPolicy.roundRobin())
                .retry(retry)
                .retryBudget(budget)
                .panicThreshold(panicThreshold));
    }

    private void use(UnaryOperator<LoadBalancerBuilder> settings) {
        loadBalancer = settings.apply(LoadBalancer.builder(Fleet.NAME)
                        .endpoints(EndpointSource.of(
                                pods.stream().map(Pod::endpoint).toList())))
                .build();
        LoadBalancers services = LoadBalancers.of(loadBalancer);
        http = EvenkeelOkHttp.builder(new OkHttpClient(), services)
                .requestKey(Fleet.NAME, KeySource.header(USER))
                .build()
                .client();
        one = channel(services);
        other = channel(services);
        Until.until("both channels are connected to all", () -> isConnected(one) && isConnected(other));
        settled();
        pods.forEach(Pod::forget);
    }

    private static ManagedChannel channel(LoadBalancers services) {
        return EvenkeelGrpc.configure(
                        NettyChannelBuilder.forTarget("lb:///" + Fleet.NAME, InsecureChannelCredentials.create()),
                        services)
                .setNameResolverArg(EvenkeelGrpc.ADDRESSES, Pod::grpcAddress)
                .build();
    }

    private boolean isConnected(ManagedChannel channel) {
        pods.forEach(Pod::forget);
        for (int i = 0; i < 3; i++) {
            Fleet.get(channel, "x");
        }
        return pods.stream().allMatch(pod -> pod.grpc.calls.get() > 0);
    }

    @AfterEach
    void close() {
        settled();
        one.shutdownNow();
        other.shutdownNow();
        http.connectionPool().evictAll();
        loadBalancer.close();
        pods.forEach(Pod::close);
        threads.shutdownNow();
    }

    private void settled() {
        Until.until("nothing is in flight", () -> inFlight() == 0);
    }

    private int inFlight() {
        return loadBalancer.endpoints().stream()
                .mapToInt(EndpointStatus::inFlight)
                .sum();
    }

    private EndpointStatus status(Pod pod) {
        return loadBalancer.endpoints().stream()
                .filter(status -> status.endpoint().equals(pod.endpoint()))
                .findFirst()
                .orElseThrow();
    }

    private int get() {
        return get("somebody");
    }

    private int get(String user) {
        Request request = new Request.Builder()
                .url("http://" + Fleet.NAME + "/")
                .header(USER, user)
                .build();
        try (Response response = http.newCall(request).execute()) {
            return response.code();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Status call(ManagedChannel channel) {
        try {
            Fleet.get(channel, "x");
            return Status.OK;
        } catch (StatusRuntimeException e) {
            return e.getStatus();
        }
    }

    @Test
    void anEndpointThatFailsOverHttpIsLeftAloneOverGrpc() {
        use(RetryPolicy.DEFAULT, RetryBudget.Settings.DEFAULT, 0.5);
        pods.get(0).code = 500;
        Until.until("it is ejected", () -> {
            get();
            return status(pods.get(0)).availability().has(OutReason.EJECTED);
        });
        pods.forEach(Pod::forget);
        for (int i = 0; i < 20; i++) {
            assertThat(call(one).isOk()).isTrue();
            assertThat(call(other).isOk()).isTrue();
        }

        assertThat(pods.get(0).grpc.calls.get()).isZero();
        assertThat(pods.get(1).grpc.calls.get()).isPositive();
    }

    @Test
    void anEndpointThatFailsOverGrpcIsLeftAloneOverHttp() {
        use(RetryPolicy.DEFAULT, RetryBudget.Settings.DEFAULT, 0.5);
        pods.get(0).grpc.failWith(Status.INTERNAL);
        Until.until("it is ejected", () -> {
            call(one);
            return status(pods.get(0)).availability().has(OutReason.EJECTED);
        });
        pods.forEach(Pod::forget);
        for (int i = 0; i < 20; i++) {
            assertThat(get()).isEqualTo(200);
        }

        assertThat(pods.get(0).requests.get()).isZero();
        assertThat(pods.get(1).requests.get()).isPositive();
    }

    @Test
    void anEndpointThatRefusesHttpConnectionsIsLeftAloneOverGrpcAndOneCallBringsItBack() {
        use(RetryPolicy.DEFAULT, RetryBudget.Settings.DEFAULT, 0.5);
        pods.get(0).stopHttp();
        Until.until("it is out", () -> {
            get();
            return status(pods.get(0)).availability().has(OutReason.CONNECT_FAILED);
        });
        pods.forEach(Pod::forget);
        Until.until("a call of a channel has tried it after its pause", () -> {
            assertThat(call(other).isOk()).isTrue();
            return status(pods.get(0)).availability().isAvailable();
        });
        assertThat(pods.get(0).grpc.calls.get()).as("the one that tried it").isPositive();
    }

    @Test
    void whatIsInFlightIsCountedTogether() throws Exception {
        use(RetryPolicy.DEFAULT, RetryBudget.Settings.DEFAULT, 0.5);
        pods.forEach(Pod::hold);
        List<ListenableFuture<String>> calls = Stream.of(one, other, one)
                .map(channel -> ClientCalls.futureUnaryCall(channel.newCall(Echo.GET, CallOptions.DEFAULT), "x"))
                .toList();
        List<okhttp3.Call> requests = Stream.generate(() -> http.newCall(
                        new Request.Builder().url("http://" + Fleet.NAME + "/").build()))
                .limit(3)
                .toList();
        var codes = requests.stream()
                .map(request -> threads.submit(() -> {
                    try (Response response = request.execute()) {
                        return response.code();
                    }
                }))
                .toList();
        Until.until(
                "all are at the servers",
                () -> pods.stream()
                                .mapToInt(pod -> pod.requests.get() + pod.grpc.calls.get())
                                .sum()
                        == 6);
        assertThat(pods).allSatisfy(pod -> {
            assertThat(pod.requests.get()).isEqualTo(1);
            assertThat(status(pod).inFlight()).isEqualTo(1 + pod.grpc.calls.get());
        });

        pods.forEach(Pod::release);
        for (var code : codes) {
            assertThat(code.get(20, TimeUnit.SECONDS)).isEqualTo(200);
        }
        calls.forEach(call -> call.cancel(true));
    }

    @Test
    void latencyIsLearntOverBoth() {
        use(RetryPolicy.DEFAULT, RetryBudget.Settings.DEFAULT, 0.5);
        Duration before = status(pods.get(0)).latency();
        pods.get(0).hold();
        var slow = threads.submit(() -> {
            for (int i = 0; i < 3; i++) {
                get();
            }
        });
        Until.until(
                "an HTTP request has waited for long",
                () -> status(pods.get(0)).latency().compareTo(before.plusMillis(300)) > 0);
        pods.get(0).release();
        Until.until("it is over", slow::isDone);

        assertThat(status(pods.get(0)).latency())
                .as("what a channel would know of it")
                .isGreaterThan(status(pods.get(1)).latency());
    }

    @Test
    void bothSpendOneRetryBudget() {
        use(
                new RetryPolicy(2, new Backoff(Duration.ZERO, Duration.ZERO)),
                new RetryBudget.Settings(0, 0.1, Duration.ofSeconds(10)),
                1); // what is ejected stays in use
        pods.forEach(pod -> {
            pod.code = 503;
            pod.grpc.failWith(Status.UNAVAILABLE);
        });
        for (int i = 0; i < 40; i++) {
            assertThat(get()).isEqualTo(503);
            assertThat(call(i % 2 == 0 ? one : other).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        }
        int overHttp = pods.stream().mapToInt(pod -> pod.requests.get()).sum() - 40;
        int overGrpc = pods.stream().mapToInt(pod -> pod.grpc.calls.get()).sum() - 40;

        assertThat(overHttp).as("retries over HTTP").isPositive();
        assertThat(overGrpc).as("retries over gRPC").isPositive();
        assertThat(overHttp + overGrpc)
                .as("a new budget holds ten, and one more comes after ten seconds")
                .isBetween(10, 12);
    }

    /** Calls without a key go round, so that it is soon seen that the channels are connected to all. */
    static Stream<LoadBalancingPolicy> policiesByKey() {
        LoadBalancingPolicy round = LoadBalancingPolicy.roundRobin();
        return Stream.of(
                LoadBalancingPolicy.ringHash().fallback(round),
                LoadBalancingPolicy.maglev().fallback(round),
                LoadBalancingPolicy.rendezvous().fallback(round));
    }

    @ParameterizedTest
    @MethodSource("policiesByKey")
    void equalKeysMeetWhateverTheProtocolAlsoWhileAnEndpointIsOut(LoadBalancingPolicy policy) {
        use(settings -> settings.policy(policy));
        Map<String, Pod> homes = assertThatEqualKeysMeet();
        assertThat(homes.values()).containsAll(pods);

        Pod drained = pods.get(0);
        loadBalancer.drain(drained.endpoint().id());
        assertThat(assertThatEqualKeysMeet()).satisfies(away -> assertThatOnlyKeysOf(drained, homes, away));
        loadBalancer.undrain(drained.endpoint().id());
        String back = userOf(drained, homes);
        Until.until(
                "both channels have their connections to it back",
                () -> isAnsweredBy(drained, one, back) && isAnsweredBy(drained, other, back));
        assertThat(assertThatEqualKeysMeet()).isEqualTo(homes);

        Pod failing = pods.get(1);
        String user = userOf(failing, homes);
        failing.code = 500;
        Until.until("it is ejected", () -> {
            get(user);
            return status(failing).availability().has(OutReason.EJECTED);
        });
        failing.code = 200;
        assertThat(assertThatEqualKeysMeet()).satisfies(away -> assertThatOnlyKeysOf(failing, homes, away));
        assertThat(status(failing).availability().has(OutReason.EJECTED))
                .as("it is still out")
                .isTrue();
    }

    /** Sends each key over HTTP and by both channels, and returns where it goes. */
    private Map<String, Pod> assertThatEqualKeysMeet() {
        Map<String, Pod> homes = new HashMap<>();
        for (String user : USERS) {
            pods.forEach(Pod::forget);
            assertThat(get(user)).isEqualTo(200);
            Pod home = pods.stream()
                    .filter(pod -> pod.requests.get() == 1)
                    .findFirst()
                    .orElseThrow();
            assertThat(isAnsweredBy(home, one, user)).as("one channel").isTrue();
            assertThat(isAnsweredBy(home, other, user)).as("the other channel").isTrue();
            homes.put(user, home);
        }
        return homes;
    }

    private static boolean isAnsweredBy(Pod pod, ManagedChannel channel, String user) {
        CallOptions options = CallOptions.DEFAULT.withOption(EvenkeelGrpc.AFFINITY_KEY, user);
        return Fleet.call(channel, Echo.GET, options, "x").equals("x@" + pod.grpc.address());
    }

    private static String userOf(Pod pod, Map<String, Pod> homes) {
        return USERS.stream()
                .filter(user -> pod.equals(homes.get(user)))
                .findFirst()
                .orElseThrow();
    }

    private static void assertThatOnlyKeysOf(Pod out, Map<String, Pod> before, Map<String, Pod> now) {
        assertThat(now.values()).doesNotContain(out);
        before.forEach((user, home) -> {
            if (!home.equals(out)) {
                assertThat(now).as("nobody else's keys move").containsEntry(user, home);
            }
        });
    }

    /** A server with a port for each protocol. */
    private static final class Pod implements AutoCloseable {
        private final TestServer grpc = new TestServer();
        private final AtomicInteger requests = new AtomicInteger();
        private final HttpServer http;
        private final Endpoint endpoint;
        private volatile int code = 200;
        private volatile boolean holding;

        Pod(ExecutorService threads) {
            try {
                http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            http.createContext("/", this::handle);
            http.setExecutor(threads);
            http.start();
            endpoint = Endpoint.of("127.0.0.1", http.getAddress().getPort())
                    .withMetadata("grpc", String.valueOf(grpc.port()));
        }

        Endpoint endpoint() {
            return endpoint;
        }

        /** Where a channel connects to: the same server at its other port. */
        static InetSocketAddress grpcAddress(Endpoint endpoint) {
            return new InetSocketAddress(
                    endpoint.host(), Integer.parseInt(endpoint.metadata().get("grpc")));
        }

        private void handle(HttpExchange exchange) throws IOException {
            requests.incrementAndGet();
            Until.until("it may answer", () -> !holding);
            exchange.sendResponseHeaders(code, -1);
            exchange.close();
        }

        void forget() {
            requests.set(0);
            grpc.calls.set(0);
        }

        /** Answers nothing over either until told. */
        void hold() {
            holding = true;
            grpc.hang();
        }

        void release() {
            holding = false;
        }

        void stopHttp() {
            http.stop(0);
        }

        @Override
        public void close() {
            http.stop(0);
            grpc.close();
        }
    }
}
