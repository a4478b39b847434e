package dev.evenkeel.lb.okhttp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.EndpointSource;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.policy.LoadMetric;
import dev.evenkeel.lb.time.Environment;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The list changes while callers go on. */
class MembershipUnderLoadTest {
    private static final int CALLERS = 8;

    @RegisterExtension
    private final Fleet fleet = new Fleet();

    private final Executed executed = new Executed();
    private final Crowd crowd = new Crowd(fleet, CALLERS);

    private List<Server> add(int servers) {
        List<Server> added = new ArrayList<>();
        for (int i = 0; i < servers; i++) {
            added.add(fleet.add(executed.then(() -> Server.ok("fine"))));
        }
        return added;
    }

    // Newcomers: connections that exist are no reason to stay with them.

    @ParameterizedTest
    @EnumSource(
            value = Protocol.class,
            names = {"HTTP_1_1", "H2_PRIOR_KNOWLEDGE"})
    void newcomersGetTheirShareAtOnce(Protocol protocol) {
        fleet.protocols(protocol).client(crowd::watch).balancing(lb -> lb.policy(LoadBalancingPolicy.roundRobin()));
        add(3);
        crowd.make(100);
        crowd.begin(Integer.MAX_VALUE / 2);
        List<Server> newcomers = add(3);
        crowd.awaitMore(CALLERS);
        crowd.stop();
        List<Integer> before =
                newcomers.stream().map(one -> one.requests().size()).toList();
        crowd.make(600);
        for (int i = 0; i < 3; i++) {
            assertThat(newcomers.get(i).requests().size() - before.get(i))
                    .as("100 are fair")
                    .isGreaterThanOrEqualTo(85);
        }
        assertThat(crowd.failed(told -> true)).isEmpty();
        crowd.assertExecutedOnce(executed);
        crowd.assertNothingIsLeftBehind();
    }

    /** What a client does whose Dns knows all six: its connection is good, so it stays with it. */
    @Test
    void withoutBalancingNewcomersStarveBesideAnHttp2Connection() throws IOException {
        fleet.protocols(Protocol.H2_PRIOR_KNOWLEDGE);
        Server old = add(1).get(0);
        List<InetAddress> known = new ArrayList<>(List.of(InetAddress.getLoopbackAddress()));
        OkHttpClient plain = fleet.plainClient().dns(name -> List.copyOf(known)).build();
        for (int i = 0; i < 60; i++) {
            try (Response response = plain.newCall(Fleet.get("/")
                            .newBuilder()
                            .url("http://" + Fleet.SERVICE + ":"
                                    + old.endpoint().port() + "/")
                            .header(Crowd.NUMBER, String.valueOf(i))
                            .build())
                    .execute()) {
                assertThat(response.code()).isEqualTo(200);
            }
            if (i == 10) {
                known.add(0, InetAddress.getByName("127.0.0.2")); // nobody has to be there: it is never looked at
            }
        }
        assertThat(old.requests()).hasSize(60);
        assertThat(old.connections()).isOne();
        plain.connectionPool().evictAll();
    }

    // Discovery that errs.

    /** A registry, which observes and gives no orders. */
    private static final class Registry implements EndpointSource {
        private @Nullable Listener listener;

        @Override
        public Subscription subscribe(Listener newListener, Environment environment) {
            listener = newListener;
            return () -> {};
        }

        @Override
        public String toString() {
            return "registry";
        }

        Listener says() {
            Listener told = listener;
            if (told == null) {
                throw new IllegalStateException("nobody listens yet");
            }
            return told;
        }
    }

    @Test
    void callersDoNotNoticeThatDiscoveryIsEmptyOrFails() {
        Registry registry = new Registry();
        fleet.client(crowd::watch)
                .balancing(lb -> lb.endpoints(registry).policy(LoadBalancingPolicy.leastLoaded(LoadMetric.PEAK_EWMA)));
        List<Endpoint> all = add(4).stream().map(Server::endpoint).toList();
        fleet.loadBalancer();
        registry.says().onEndpoints(all);
        crowd.begin(Integer.MAX_VALUE / 2);
        crowd.awaitMore(100);
        registry.says().onEndpoints(List.of());
        crowd.awaitMore(100);
        registry.says().onFailure("SERVFAIL");
        crowd.awaitMore(100);
        registry.says().onEndpoints(all.subList(0, 1));
        crowd.awaitMore(100);
        registry.says().onEndpoints(all);
        crowd.awaitMore(100);
        crowd.stop();
        assertThat(crowd.failed(told -> true)).isEmpty();
        crowd.assertExecutedOnce(executed);
        crowd.assertNothingIsLeftBehind();
    }

    @Test
    void withoutHoldingListsBackCallersFailWhenDiscoveryIsEmpty() {
        Registry registry = new Registry();
        fleet.client(crowd::watch).balancing(lb -> lb.endpoints(registry).listHold(Duration.ZERO));
        List<Endpoint> all = add(4).stream().map(Server::endpoint).toList();
        fleet.loadBalancer();
        registry.says().onEndpoints(all);
        crowd.make(100);
        registry.says().onEndpoints(List.of());
        crowd.make(100);
        assertThat(crowd.failed(told -> true))
                .hasSize(100)
                .allSatisfy(told -> assertThat(told.answer()).contains(NoEndpointIOException.class.getSimpleName()));
        crowd.assertNothingIsLeftBehind();
    }

    // An address that another server takes over.

    @Test
    void addressThatWasRemovedIsNotAskedWhenAnotherServerIsThere() {
        Server leaving = prepareToLeave();
        fleet.source().remove(leaving.address());
        crowd.awaitMore(0);
        Server stranger = fleet.kill(leaving).restart(request -> Server.status(404));
        crowd.awaitMore(400);
        crowd.stop();
        assertThat(stranger.requests()).isEmpty();
        assertThat(crowd.failed(told -> true)).isEmpty();
        crowd.assertExecutedOnce(executed);
        crowd.assertNothingIsLeftBehind();
    }

    @Test
    void withoutTheRemovalTheStrangerIsAsked() {
        Server leaving = prepareToLeave();
        crowd.stop();
        Server stranger = fleet.kill(leaving).restart(request -> Server.status(404));
        crowd.make(100);
        assertThat(stranger.requests()).isNotEmpty();
        assertThat(crowd.failed(told -> told.answer().startsWith("404"))).isNotEmpty();
    }

    private Server prepareToLeave() {
        fleet.client(crowd::watch).balancing(lb -> lb.policy(LoadBalancingPolicy.roundRobin()));
        Server leaving = add(3).get(0);
        crowd.begin(Integer.MAX_VALUE / 2);
        crowd.awaitMore(100);
        return leaving;
    }

    /** The connection of a call that was on its way there when the endpoint left: it serves that call and no other. */
    @Test
    void connectionThatOpensTooLateDoesNotBringBackItsEndpoint() throws Exception {
        CountDownLatch connecting = new CountDownLatch(1);
        CountDownLatch removed = new CountDownLatch(1);
        Server leaving = fleet.add("late");
        fleet.client(c -> crowd.watch(c).socketFactory(new OwnSockets(() -> new Socket() {
            @Override
            public void connect(SocketAddress address, int timeout) throws IOException {
                if (((InetSocketAddress) address).getPort()
                        == leaving.endpoint().port()) {
                    connecting.countDown();
                    awaitQuietly(removed);
                }
                super.connect(address, timeout);
            }
        })));
        fleet.add("staying");
        fleet.client(); // is built before there are threads
        FutureTask<String> late = new FutureTask<>(fleet::ask);
        new Thread(late).start();
        assertThat(connecting.await(20, TimeUnit.SECONDS)).isTrue();
        fleet.source().remove(leaving.address());
        removed.countDown();
        assertThat(late.get()).isEqualTo("200 late");
        for (int i = 0; i < 20; i++) {
            assertThat(fleet.ask()).isEqualTo("200 staying");
        }
        assertThat(leaving.requests()).hasSize(1);
        crowd.assertNothingIsLeftBehind();
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
