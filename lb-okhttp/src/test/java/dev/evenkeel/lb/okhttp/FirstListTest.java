package dev.evenkeel.lb.okhttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.LoadBalancerBuilder;
import dev.evenkeel.lb.LoadBalancers;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.EndpointSource;
import dev.evenkeel.lb.endpoint.FileEndpointSource;
import dev.evenkeel.lb.time.Environment;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import okhttp3.Call;
import okhttp3.Dispatcher;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Calls that are made before there is a list of endpoints. */
class FirstListTest {
    @RegisterExtension
    private final Fleet fleet = new Fleet();

    private final LateSource late = new LateSource();

    /** Says something when the test does. */
    private static final class LateSource implements EndpointSource {
        private final List<Listener> listeners = new CopyOnWriteArrayList<>();

        @Override
        public Subscription subscribe(Listener listener, Environment environment) {
            listeners.add(listener);
            return () -> listeners.remove(listener);
        }

        void tell(Endpoint... endpoints) {
            listeners.forEach(listener -> listener.onEndpoints(List.of(endpoints)));
        }

        void fail() {
            listeners.forEach(listener -> listener.onFailure("SERVFAIL"));
        }
    }

    private Call call() {
        return fleet.client().newCall(fleet.request("/").build());
    }

    /** Begins a call on a thread of its own, and returns what will come of it when it waits. */
    private CompletableFuture<String> waiting(Call call, List<Thread> threads) {
        CompletableFuture<String> end = new CompletableFuture<>();
        Thread caller = new Thread(() -> {
            try (Response response = call.execute()) {
                end.complete(response.code() + " " + response.body().string());
            } catch (IOException e) {
                end.complete(e.getClass().getSimpleName() + ": " + e.getMessage() + " "
                        + Thread.currentThread().isInterrupted());
            }
        });
        threads.add(caller);
        caller.start();
        Until.until("it waits", () -> caller.getState() == Thread.State.WAITING || end.isDone());
        return end;
    }

    private void balance(EndpointSource source, UnaryOperator<LoadBalancerBuilder> settings, boolean hedged) {
        fleet.balancing(lb -> {
            LoadBalancerBuilder builder = settings.apply(lb.endpoints(source));
            return hedged ? builder.attemptTimeout(Duration.ofHours(1)) : builder;
        });
    }

    private static LoadBalancerBuilder patient(LoadBalancerBuilder lb) {
        return lb.firstListTimeout(Duration.ofSeconds(60));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theFirstCallWaitsForTheFirstListThoughTheSourceFailsAtFirst(boolean hedged) throws Exception {
        balance(late, FirstListTest::patient, hedged);
        Server server = new Server(request -> Server.ok("fine"), List.of(okhttp3.Protocol.HTTP_1_1), null);
        try (server) {
            CompletableFuture<String> end = waiting(call(), new ArrayList<>());
            late.fail();
            assertThat(end).isNotDone();
            late.tell(server.endpoint());
            assertThat(end.get(20, TimeUnit.SECONDS)).isEqualTo("200 fine");
            assertThat(fleet.ask()).isEqualTo("200 fine");
        }
    }

    @Test
    void aListFileThatIsWrittenLateIsWaitedFor(@TempDir Path folder) throws Exception {
        Path list = folder.resolve("orders.txt");
        balance(FileEndpointSource.watching(list), FirstListTest::patient, false);
        try (Server server = new Server(request -> Server.ok("fine"), List.of(okhttp3.Protocol.HTTP_1_1), null)) {
            CompletableFuture<String> end = waiting(call(), new ArrayList<>());
            Files.writeString(list, server.address() + "\n");
            assertThat(end.get(20, TimeUnit.SECONDS)).isEqualTo("200 fine");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aSourceThatSaysThatThereIsNobodyFailsTheCallAtOnce(boolean hedged) throws Exception {
        balance(late, FirstListTest::patient, hedged);
        CompletableFuture<String> end = waiting(call(), new ArrayList<>());
        late.tell();
        assertThat(end.get(20, TimeUnit.SECONDS))
                .isEqualTo("NoEndpointIOException: orders.svc has no endpoints: 0 endpoints false");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theWaitIsBoundedForAllCallsTogether(boolean hedged) {
        balance(late, lb -> lb.firstListTimeout(Duration.ofSeconds(1)), hedged);
        assertThatThrownBy(() -> call().execute())
                .isInstanceOf(NoEndpointIOException.class)
                .hasMessageContaining("no list yet, the source has not answered");
        assertThat(fleet.loadBalancer().isFirstListAwaited())
                .as("the next one does not wait")
                .isFalse();
        assertThatThrownBy(() -> call().execute()).isInstanceOf(NoEndpointIOException.class);
    }

    @Test
    void withoutATimeForItCallsFailAtOnce() {
        balance(late, lb -> lb.firstListTimeout(Duration.ZERO), false);
        assertThatThrownBy(() -> call().execute()).isInstanceOf(NoEndpointIOException.class);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aCancelEndsTheWait(boolean hedged) throws Exception {
        balance(late, FirstListTest::patient, hedged);
        Call call = call();
        CompletableFuture<String> end = waiting(call, new ArrayList<>());
        call.cancel();
        assertThat(end.get(20, TimeUnit.SECONDS)).isEqualTo("IOException: Canceled false");
    }

    @Test
    void anInterruptEndsTheWait() throws Exception {
        balance(late, FirstListTest::patient, false);
        List<Thread> threads = new ArrayList<>();
        CompletableFuture<String> end = waiting(call(), threads);
        threads.get(0).interrupt();
        assertThat(end.get(20, TimeUnit.SECONDS))
                .isEqualTo("InterruptedIOException: interrupted while waiting for the first list of endpoints true");
    }

    @Test
    void aCallDoesNotWaitLongerThanItsOwnTime() {
        balance(late, FirstListTest::patient, false);
        Request request = fleet.request("/")
                .tag(CallSettings.class, CallSettings.DEFAULT.withDeadline(Duration.ofMillis(100)))
                .build();
        assertThatThrownBy(() -> fleet.ask(request)).isInstanceOf(DeadlineExceededException.class);
    }

    @Test
    void aCallDoesNotWaitLongerThanTheClientsCallTimeout() {
        fleet.client(c -> c.callTimeout(Duration.ofMillis(100)));
        balance(late, FirstListTest::patient, false);
        assertThatThrownBy(fleet::ask)
                .isInstanceOf(InterruptedIOException.class)
                .hasMessage("timeout");
    }

    @Test
    void closingTheLoadBalancerEndsTheWait() throws Exception {
        balance(late, FirstListTest::patient, false);
        CompletableFuture<String> end = waiting(call(), new ArrayList<>());
        fleet.loadBalancer().close();
        assertThat(end.get(20, TimeUnit.SECONDS)).isEqualTo("NoEndpointIOException: orders.svc is closed false");
    }

    /** Calls that wait take the dispatcher's places; those of others are made when the wait is over at the latest. */
    @Test
    void callsOfAnotherServiceAreNotKeptFromTheDispatcherForLongerThanTheBound() throws Exception {
        Dispatcher dispatcher = new Dispatcher();
        dispatcher.setMaxRequests(4);
        dispatcher.setMaxRequestsPerHost(4);
        try (Server server = new Server(request -> Server.ok("fine"), List.of(okhttp3.Protocol.HTTP_1_1), null);
                LoadBalancer waiting = LoadBalancer.builder("late.svc")
                        .endpoints(late)
                        .firstListTimeout(Duration.ofSeconds(1))
                        .build();
                LoadBalancer other = LoadBalancer.builder("other.svc")
                        .endpoints(EndpointSource.of(server.address()))
                        .build();
                EvenkeelOkHttp balanced = EvenkeelOkHttp.builder(new OkHttpClient(), LoadBalancers.of(waiting, other))
                        .dispatcher(dispatcher)
                        .build()) {
            List<CompletableFuture<String>> ends = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                ends.add(Enqueued.end(balanced.client()
                        .newCall(new Request.Builder().url("http://late.svc/").build())));
            }
            CompletableFuture<String> last = Enqueued.end(balanced.client()
                    .newCall(new Request.Builder().url("http://other.svc/").build()));
            assertThat(last.get(20, TimeUnit.SECONDS)).isEqualTo("200");
            for (CompletableFuture<String> end : ends) {
                assertThat(end.get(20, TimeUnit.SECONDS)).contains("no list yet");
            }
            dispatcher.executorService().shutdown();
        }
    }
}
