package dev.evenkeel.lb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.MutableEndpointSource;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.observe.LoadBalancerListener;
import dev.evenkeel.lb.time.Environment;
import dev.evenkeel.lb.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class AnnouncerTest {
    private static final Environment ENVIRONMENT = new VirtualTime().environment(new Random(1));

    private static final class LogLines extends Handler {
        private final List<String> lines = new ArrayList<>();

        @Override
        public void publish(LogRecord logged) {
            lines.add(logged.getLevel() + " " + logged.getMessage());
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }

    private static List<String> loggedBy(String name, Runnable action) {
        Logger logger = Logger.getLogger(name);
        LogLines handler = new LogLines();
        Level before = logger.getLevel();
        logger.addHandler(handler);
        logger.setLevel(Level.ALL);
        try {
            action.run();
        } finally {
            logger.setLevel(before);
            logger.removeHandler(handler);
        }
        return handler.lines;
    }

    @Test
    void aListenerThatKeepsThrowingIsLoggedOnceAndStillTold() {
        int[] told = {0};
        Announcer announcer = new Announcer("orders", ENVIRONMENT);
        announcer.add(new LoadBalancerListener() {
            @Override
            public void onEvent(Event event) {
                told[0]++;
                throw new IllegalStateException("broken");
            }

            @Override
            public String toString() {
                return "my listener";
            }
        });

        List<String> logged = loggedBy(Announcer.class.getName(), () -> {
            for (int i = 0; i < 5; i++) {
                announcer.note(new Event(Event.Type.ADDED, "orders", null, ""));
                announcer.deliver();
            }
        });

        assertThat(told[0]).isEqualTo(5);
        assertThat(logged).containsExactly("WARNING orders: listener my listener failed; it is logged only this once");
    }

    @Test
    void whatChangesIsLoggedInALineThatNamesServiceEndpointAndReason() {
        List<String> logged = loggedBy(
                "dev.evenkeel.lb",
                () -> TestService.of("10.0.0.1:80", "10.0.0.2:80").refuse("10.0.0.2:80"));

        assertThat(logged)
                .filteredOn(line -> line.startsWith("INFO"))
                .singleElement()
                .asString()
                .startsWith(
                        "INFO orders.svc: UNAVAILABLE 10.0.0.2:80 – CONNECT_FAILED: connection refused, next try in ");
    }

    /** Threads that are asked for, run by the test, or by themselves. */
    private static Environment environment(VirtualTime time, Executor blocking, Executor listeners) {
        return new Environment(time, time, blocking, new Random(1), time, listeners);
    }

    private static LoadBalancerListener listener(Consumer<Event> onEvent) {
        return new LoadBalancerListener() {
            @Override
            public void onEvent(Event event) {
                onEvent.accept(event);
            }
        };
    }

    private static Event event(String detail) {
        return new Event(Event.Type.ADDED, "orders", null, detail);
    }

    private static void say(Announcer announcer, String detail) {
        announcer.note(event(detail));
        announcer.deliver();
    }

    @Test
    void anErrorOfAListenerEndsNothing() {
        List<String> told = new ArrayList<>();
        Announcer announcer = new Announcer("orders", ENVIRONMENT);
        announcer.add(listener(event -> {
            throw new StackOverflowError("broken");
        }));
        announcer.add(listener(event -> told.add(event.detail())));
        announcer.openMailbox().add(() -> {
            throw new AssertionError("broken");
        });

        List<String> logged = loggedBy(Announcer.class.getName(), () -> {
            for (int i = 0; i < 3; i++) {
                say(announcer, "event " + i);
            }
        });

        assertThat(told).containsExactly("event 0", "event 1", "event 2");
        assertThat(logged).hasSize(2);
    }

    @Test
    void anErrorOfAListenerThatHearsOfAttemptsIsNotTheCallers() {
        List<Outcome> heard = new ArrayList<>();
        TestService service = TestService.with(
                settings -> settings.listener(new LoadBalancerListener() {
                            @Override
                            public void onAttempt(String service, Endpoint endpoint, Outcome outcome, long nanos) {
                                throw new StackOverflowError("broken");
                            }
                        })
                        .listener(new LoadBalancerListener() {
                            @Override
                            public void onAttempt(String service, Endpoint endpoint, Outcome outcome, long nanos) {
                                heard.add(outcome);
                            }
                        }),
                "10.0.0.1:80");

        service.attempt().complete(Outcome.SUCCESS);

        assertThat(heard).containsExactly(Outcome.SUCCESS);
        assertThat(service.status("10.0.0.1:80").inFlight()).isZero();
    }

    @Test
    void aViewThatThrowsWhenItIsToldDoesNotKeepOthersFromBeingTold() {
        TestService service = TestService.of("10.0.0.1:80");
        int[] told = {0};
        service.loadBalancer.openView(() -> {
            throw new IllegalStateException("broken");
        });
        service.loadBalancer.openView(() -> told[0]++);
        told[0] = 0;

        service.source.put(Endpoint.of("10.0.0.2:80"));
        service.source.put(Endpoint.of("10.0.0.3:80"));

        assertThat(told[0]).isEqualTo(2);
        assertThat(service.eventTypes()).containsExactly(Event.Type.ADDED, Event.Type.ADDED, Event.Type.ADDED);
    }

    /** The listener hangs, and neither who causes an event nor another listener waits for it. */
    @Test
    @Timeout(120)
    void aListenerThatHangsKeepsNoCallerAndNoOtherListener() throws InterruptedException {
        VirtualTime time = new VirtualTime();
        CountDownLatch hanging = new CountDownLatch(1);
        CountDownLatch over = new CountDownLatch(1);
        Queue<String> toldSlowly = new ConcurrentLinkedQueue<>();
        Queue<String> told = new ConcurrentLinkedQueue<>();
        List<Thread> threads = new CopyOnWriteArrayList<>();
        Executor listeners = task -> {
            Thread thread = new Thread(task);
            threads.add(thread);
            thread.start();
        };
        Announcer announcer = new Announcer("orders", environment(time, listeners, listeners));
        announcer.add(listener(event -> {
            hanging.countDown();
            await(over);
            toldSlowly.add(event.detail());
        }));
        announcer.add(listener(event -> told.add(event.detail())));

        say(announcer, "event 0"); // would wait for ever
        hanging.await();
        time.advance(Duration.ofMillis(11)); // from now on it is known to be slow
        for (int i = 1; i < 100; i++) {
            say(announcer, "event " + i);
            while (told.size() < i + 1) {
                Thread.onSpinWait();
            }
        }
        assertThat(toldSlowly).isEmpty();

        over.countDown();
        for (Thread thread : threads) {
            thread.join();
        }
        List<String> all = IntStream.range(0, 100).mapToObj(i -> "event " + i).toList();
        assertThat(told).containsExactlyElementsOf(all);
        assertThat(toldSlowly).containsExactlyElementsOf(all);
    }

    /** Where listeners are told by whoever causes an event, as in virtual time, others' events must not keep it. */
    @Test
    void whoTellsListenersLeavesWhatOthersAddToAThreadOfItsOwn() {
        VirtualTime time = new VirtualTime();
        List<Runnable> blocking = new ArrayList<>();
        Announcer announcer = new Announcer("orders", environment(time, blocking::add, Runnable::run));
        List<String> told = new ArrayList<>();
        announcer.add(listener(event -> {
            told.add(event.detail());
            if (told.size() < 1_000) {
                say(announcer, "event " + told.size());
            }
        }));

        say(announcer, "event 0");

        assertThat(told).hasSizeLessThan(200);
        while (!blocking.isEmpty()) {
            blocking.remove(0).run();
        }
        assertThat(told)
                .containsExactlyElementsOf(
                        IntStream.range(0, 1_000).mapToObj(i -> "event " + i).toList());
    }

    @Test
    void whatAListenerIsTooSlowForIsCountedAndLostToItAlone() {
        VirtualTime time = new VirtualTime();
        List<Runnable> threads = new ArrayList<>();
        Announcer announcer = new Announcer("orders", environment(time, threads::add, threads::add));
        List<String> told = new ArrayList<>();
        announcer.add(new LoadBalancerListener() {
            @Override
            public void onEvent(Event event) {
                told.add(event.detail());
            }

            @Override
            public String toString() {
                return "my listener";
            }
        });
        announcer.expect(100);
        for (int i = 0; i < 10_500; i++) {
            announcer.note(event("event " + i));
        }
        announcer.deliver();

        List<String> logged =
                loggedBy(Announcer.class.getName(), () -> threads.remove(0).run());

        assertThat(told).hasSize(10_400).endsWith("event 10399");
        assertThat(announcer.lost()).isEqualTo(100);
        assertThat(logged)
                .containsExactly(
                        "WARNING orders: listener my listener is too slow: 100 events were not told, as 10400 waited");

        say(announcer, "now");
        threads.remove(0).run();
        assertThat(told).endsWith("now");
    }

    @Test
    void aListenerIsToldOnlyWhatItIsInterestedIn() {
        List<Event.Type> told = new ArrayList<>();
        TestService service = TestService.with(
                settings -> settings.listener(new LoadBalancerListener() {
                    @Override
                    public void onEvent(Event event) {
                        told.add(event.type());
                    }

                    @Override
                    public boolean isInterestedIn(Event.Type type) {
                        return type == Event.Type.UNAVAILABLE;
                    }
                }),
                "10.0.0.1:80",
                "10.0.0.2:80");

        service.refuse("10.0.0.1:80");

        assertThat(told).containsExactly(Event.Type.UNAVAILABLE);
    }

    /** As it is in production: there, no thread of ours tells a listener. */
    @Test
    @Timeout(120)
    void inTheSystemsEnvironmentNoCallerWaitsForAListener() throws InterruptedException {
        CountDownLatch over = new CountDownLatch(1);
        CountDownLatch told = new CountDownLatch(1);
        Set<Thread> tellers = ConcurrentHashMap.newKeySet();
        MutableEndpointSource source = MutableEndpointSource.of("10.0.0.1:80");
        try (LoadBalancer loadBalancer = LoadBalancer.builder("orders.svc")
                .endpoints(source)
                .listener(listener(event -> {
                    tellers.add(Thread.currentThread());
                    await(over);
                    if (event.type() == Event.Type.DRAINED) {
                        told.countDown();
                    }
                }))
                .build()) {
            source.put(Endpoint.of("10.0.0.2:80"));
            loadBalancer.drain("10.0.0.1:80"); // would wait for ever
            BalancedCall call = loadBalancer.newCall(RequestInfo.IDEMPOTENT);
            call.nextAttempt().complete(TestService.HTTP_503);
            call.retryAfter(TestService.HTTP_503);
            over.countDown();
            told.await();
        }
        assertThat(tellers).doesNotContain(Thread.currentThread());
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
