package dev.evenkeel.lb.okhttp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.LoadBalancers;
import dev.evenkeel.lb.endpoint.EndpointSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import mockwebserver3.MockResponse;
import okhttp3.Dispatcher;
import okhttp3.EventListener;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.Response;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Asynchronous calls of one service take nothing away from those of another, and other hosts keep their limits. */
@Timeout(120)
class BulkheadsTest {
    private static final int MANY = 100;

    @RegisterExtension
    private final Fleet fleet = new Fleet();

    private final CountDownLatch open = new CountDownLatch(1);
    private final Threads threads = new Threads();
    private final Dispatcher users = new Dispatcher(threads);
    private final Server other = new Server(request -> whenOpen(), List.of(Protocol.HTTP_1_1), null);
    private final String url = "http://other.test:" + other.endpoint().port() + "/";

    /** The user's threads. OkHttp asks for one at once, or not before another call has ended. */
    private static final class Threads extends ThreadPoolExecutor {
        private final AtomicInteger given = new AtomicInteger();

        private Threads() {
            super(0, Integer.MAX_VALUE, 1, TimeUnit.SECONDS, new SynchronousQueue<>());
        }

        @Override
        public void execute(Runnable task) {
            super.execute(task);
            given.incrementAndGet();
        }
    }

    private MockResponse whenOpen() {
        try {
            open.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return Server.ok("at last");
    }

    @AfterEach
    void close() {
        open.countDown();
        other.close();
    }

    private OkHttpClient client() {
        return fleet.client(c -> c.dispatcher(users)).client();
    }

    private static List<CompletableFuture<String>> enqueue(OkHttpClient client, int calls, String url) {
        List<CompletableFuture<String>> ends = new ArrayList<>();
        for (int i = 0; i < calls; i++) {
            ends.add(Enqueued.end(client.newCall(new Request.Builder().url(url).build())));
        }
        return ends;
    }

    private static List<String> awaitAll(List<CompletableFuture<String>> ends) {
        return ends.stream().map(CompletableFuture::join).toList();
    }

    @Test
    void aHostThatIsNoServiceHasFiveCallsAtATimeAsWithoutUs() {
        fleet.add("fine");
        List<CompletableFuture<String>> ends = enqueue(client(), MANY, url);
        assertThat(threads.given).hasValue(5);

        open.countDown();
        assertThat(awaitAll(ends)).hasSize(MANY).containsOnly("200");
        assertThat(other.requests()).hasSize(MANY);
    }

    @Test
    void hostsThatAreNoServicesHaveTheUsersLimitAltogether() {
        users.setMaxRequests(7);
        fleet.add("fine");
        List<CompletableFuture<String>> ends = enqueue(client(), 5, url);
        ends.addAll(enqueue(client(), 5, url.replace("other", "third")));
        assertThat(threads.given).hasValue(7);

        open.countDown();
        assertThat(awaitAll(ends)).hasSize(10).containsOnly("200");
    }

    @Test
    void aServiceGetsItsPartWhileAllCallsOfAnotherHang() throws Exception {
        fleet.add(request -> whenOpen());
        try (Server server = new Server(request -> Server.ok("paid"), List.of(Protocol.HTTP_1_1), null);
                LoadBalancer payments = LoadBalancer.builder("payments.svc")
                        .endpoints(EndpointSource.of(server.address()))
                        .build();
                EvenkeelOkHttp balanced = EvenkeelOkHttp.builder(
                                fleet.plainClient().dispatcher(users).build(),
                                LoadBalancers.of(fleet.loadBalancer(), payments))
                        .build()) {
            List<CompletableFuture<String>> hanging = enqueue(balanced.client(), MANY, "http://orders.svc/");
            hanging.addAll(enqueue(balanced.client(), MANY, url));
            assertThat(threads.given).hasValue(64 + 5);

            assertThat(awaitAll(enqueue(balanced.client(), MANY, "http://payments.svc/")))
                    .hasSize(MANY)
                    .containsOnly("200");

            assertThat(hanging).noneMatch(CompletableFuture::isDone);
            open.countDown();
            assertThat(awaitAll(hanging)).containsOnly("200");
        }
    }

    @Test
    void callsThatWaitForRoomAreCancelledWithTheOthers() {
        fleet.add("fine");
        OkHttpClient client = client();
        List<CompletableFuture<String>> ends = enqueue(client, 20, url);
        Until.until("five are there", () -> other.requests().size() == 5);

        client.dispatcher().cancelAll();

        assertThat(awaitAll(ends)).doesNotContain("200");
        assertThat(other.requests()).hasSize(5);
    }

    @Test
    void callsThatWaitForRoomEndWhenThereAreNoThreadsAnyMore() {
        fleet.add("fine");
        OkHttpClient client = client();
        List<CompletableFuture<String>> ends = enqueue(client, MANY, url);
        Until.until("five are there", () -> other.requests().size() == 5);

        client.dispatcher().executorService().shutdown();
        assertThat(threads.isShutdown()).isTrue();
        open.countDown();

        assertThat(awaitAll(ends).stream().filter("200"::equals)).hasSize(5);
        assertThat(other.requests()).hasSize(5);
    }

    @Test
    void callsOfAClientWithAnotherEventListenerAreLimitedTogether() {
        fleet.add(request -> whenOpen());
        OkHttpClient derived =
                client().newBuilder().eventListener(new EventListener() {}).build();
        List<CompletableFuture<String>> ends = enqueue(derived, MANY, "http://orders.svc/");
        assertThat(threads.given).hasValue(64);

        open.countDown();
        assertThat(awaitAll(ends)).containsOnly("200");
    }

    @Test
    void aCallThatWasExecutedLeavesNothingBehindForTheNextThatIsStarted() throws Exception {
        Server orders = fleet.add(request -> whenOpen());
        OkHttpClient client = client();
        OkHttpClient derived =
                client.newBuilder().eventListener(new EventListener() {}).build();
        List<CompletableFuture<String>> ends = enqueue(client, 5, url);
        Until.until("five are there", () -> other.requests().size() == 5);
        other.behave(request -> Server.ok("at once"));
        try (Response response =
                client.newCall(new Request.Builder().url(url).build()).execute()) {
            assertThat(response.code()).isEqualTo(200);
        }
        ends.addAll(enqueue(derived, 1, "http://orders.svc/"));
        Until.until(
                "it does not wait for the other host", () -> orders.requests().size() == 1);
        open.countDown();
        awaitAll(ends);
    }

    @Test
    void theUsersEventListenersHearWhatTheyHeard() throws Exception {
        AtomicInteger started = new AtomicInteger();
        fleet.client(c -> c.dispatcher(users).eventListener(new EventListener() {
                    @Override
                    public void callStart(okhttp3.Call call) {
                        started.incrementAndGet();
                    }
                }))
                .add("fine");
        assertThat(fleet.ask()).isEqualTo("200 fine");
        assertThat(started).hasValue(1);
    }
}
