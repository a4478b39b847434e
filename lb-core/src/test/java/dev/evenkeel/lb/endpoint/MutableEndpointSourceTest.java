package dev.evenkeel.lb.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.evenkeel.lb.time.Environment;
import dev.evenkeel.lb.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class MutableEndpointSourceTest {
    private final VirtualTime time = new VirtualTime();
    private final Environment environment = time.environment(new Random(42));
    private final RecordingListener listener = new RecordingListener();
    private final MutableEndpointSource source = MutableEndpointSource.of("a:1", "b:1");

    @Test
    void everySubscriberLearnsTheListAtOnceAndThenEachChange() {
        RecordingListener late = new RecordingListener();
        source.subscribe(listener, environment);
        source.put(Endpoint.of("c:1"));
        source.subscribe(late, environment);
        source.remove("a:1");

        assertThat(listener.reports()).hasSize(3);
        assertThat(listener.latestIds()).containsExactly("b:1", "c:1");
        assertThat(late.reports()).hasSize(2);
        assertThat(late.latestIds()).containsExactly("b:1", "c:1");
    }

    @Test
    void subscribersAreToldInTheOrderInWhichTheyCame() {
        MutableEndpointSource source = MutableEndpointSource.of();
        List<Integer> told = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            int subscriber = i;
            source.subscribe(
                    new EndpointSource.Listener() {
                        @Override
                        public void onEndpoints(List<Endpoint> endpoints) {
                            told.add(subscriber);
                        }

                        @Override
                        public void onFailure(String reason) {}
                    },
                    Environment.system());
        }
        told.clear();

        source.put(Endpoint.of("10.0.0.1:80"));

        assertThat(told).hasSize(20).isSorted();
    }

    @Test
    void whatWasLeftOutIsToldWithTheList() {
        source.set(List.of(Endpoint.of("b:1")), Omissions.NONE.and("instance 7 has no port"));
        source.subscribe(listener, environment);

        assertThat(listener.latestIds()).containsExactly("b:1");
        assertThat(listener.omissions().reasons()).containsExactly("instance 7 has no port");
    }

    @Test
    void changesAreOrders() {
        assertThat(source.isAuthoritative()).isTrue();
        assertThat(EndpointSource.of("a:1").isAuthoritative()).isTrue();
    }

    @Test
    void theLastOfSeveralEndpointsWithOneIdCounts() {
        source.subscribe(listener, environment);

        source.set(List.of(Endpoint.of("a:1"), Endpoint.of("a:1").withWeight(2)));
        assertThat(listener.latestList()).containsExactly(Endpoint.of("a:1").withWeight(2));

        source.put(Endpoint.of("a:1").withWeight(3));
        assertThat(listener.latestList()).containsExactly(Endpoint.of("a:1").withWeight(3));
    }

    @Test
    void aListThatCannotBeReadChangesNothing() {
        source.subscribe(listener, environment);

        assertThatThrownBy(() -> source.set(Arrays.asList(Endpoint.of("c:1"), null)))
                .isInstanceOf(NullPointerException.class);
        source.put(Endpoint.of("d:1"));

        assertThat(listener.latestIds()).containsExactly("a:1", "b:1", "d:1");
    }

    @Test
    void afterCloseNothingIsReported() {
        EndpointSource.Subscription subscription = source.subscribe(listener, environment);
        listener.clear();

        subscription.close();
        subscription.close();
        source.put(Endpoint.of("c:1"));

        assertThat(listener.reports()).isEmpty();
    }

    @Test
    void aListenerThatClosesItsSubscriptionHearsNoMore() {
        List<EndpointSource.Subscription> subscription = new ArrayList<>();
        subscription.add(source.subscribe(
                listeningBy(list -> {
                    listener.onEndpoints(list);
                    if (list.size() == 3) {
                        source.put(Endpoint.of("d:1"));
                        subscription.get(0).close();
                    }
                }),
                environment));

        source.put(Endpoint.of("c:1"));

        assertThat(listener.latestIds()).containsExactly("a:1", "b:1", "c:1");
    }

    @Test
    void aChangeFromWithinTheListenerIsReportedAfterIt() {
        List<String> trace = new ArrayList<>();
        source.subscribe(
                listeningBy(list -> {
                    trace.add("begin " + list.size());
                    if (list.size() < 5) {
                        source.put(Endpoint.of("n" + list.size() + ":1"));
                    }
                    trace.add("end " + list.size());
                }),
                environment);

        assertThat(trace)
                .containsExactly("begin 2", "end 2", "begin 3", "end 3", "begin 4", "end 4", "begin 5", "end 5");
    }

    @Test
    void aListenerThatFailsStillHearsTheNextListAndSoDoTheOthers() {
        for (Throwable failure :
                List.of(new IllegalStateException("on purpose"), new StackOverflowError("on purpose"))) {
            MutableEndpointSource fresh = MutableEndpointSource.of();
            RecordingListener failing = new RecordingListener();
            RecordingListener other = new RecordingListener();
            fresh.subscribe(
                    listeningBy(list -> {
                        failing.onEndpoints(list);
                        throwUnchecked(failure);
                    }),
                    environment);
            fresh.subscribe(other, environment);

            fresh.put(Endpoint.of("a:1"));
            fresh.put(Endpoint.of("b:1"));

            assertThat(failing.reports()).hasSize(3);
            assertThat(other.latestIds()).containsExactly("a:1", "b:1");
        }
    }

    @Test
    void underConcurrentChangesListsComeOneAtATimeInOrderAndTheLastIsTheLatest() throws Exception {
        int threads = 8;
        int changesEach = 120; // so that the list is short enough for each to be told
        MutableEndpointSource shared = MutableEndpointSource.of();
        List<Integer> sizes = new ArrayList<>(); // unguarded on purpose: deliveries must not overlap
        shared.subscribe(listeningBy(list -> sizes.add(list.size())), environment);
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        CountDownLatch start = new CountDownLatch(1);
        try {
            List<Future<?>> changes = IntStream.range(0, threads)
                    .<Future<?>>mapToObj(thread -> pool.submit(() -> {
                        start.await();
                        for (int i = 0; i < changesEach; i++) {
                            shared.put(Endpoint.of("host" + thread + "-" + i, 80));
                        }
                        return null;
                    }))
                    .toList();
            start.countDown();
            for (Future<?> change : changes) {
                change.get(60, TimeUnit.SECONDS);
            }
        } finally {
            pool.shutdownNow();
        }
        RecordingListener after = new RecordingListener();
        shared.subscribe(after, environment);

        assertThat(sizes).isSorted().endsWith(threads * changesEach);
        assertThat(after.latestList()).hasSize(threads * changesEach);
    }

    private static EndpointSource.Listener listeningBy(Consumer<List<Endpoint>> onList) {
        return new EndpointSource.Listener() {
            @Override
            public void onEndpoints(List<Endpoint> endpoints) {
                onList.accept(endpoints);
            }

            @Override
            public void onFailure(String reason) {
                throw new AssertionError(reason);
            }
        };
    }

    private static void throwUnchecked(Throwable failure) {
        if (failure instanceof Error error) {
            throw error;
        }
        throw (RuntimeException) failure;
    }

    @Test
    void ofALongListManyChangesInARowAreToldTogether() {
        source.subscribe(listener, environment);
        for (int i = 0; i < 10_000; i++) {
            source.put(Endpoint.of("10.0." + i / 250 + "." + i % 250, 80));
        }

        assertThat(listener.reports())
                .as("while it is short, and then a hundred")
                .hasSizeLessThan(1_200);
        time.advance(Duration.ofMillis(21));
        assertThat(listener.latestIds()).hasSize(10_002);
        int told = listener.reports().size();

        time.advance(Duration.ofSeconds(3));
        for (int i = 0; i < 100; i++) {
            source.remove("10.0.0." + i + ":80");
            assertThat(listener.latestIds()).hasSize(10_001 - i);
        }
        assertThat(listener.reports()).hasSize(told + 100);
    }
}
