package dev.evenkeel.lb.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.time.Environment;
import dev.evenkeel.lb.time.VirtualTime;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DnsEndpointSourceTest {
    /** With its jitter, the default interval of 10 s ends within this, and not twice. */
    private static final Duration ONE_ROUND = Duration.ofSeconds(12);

    private final VirtualTime time = new VirtualTime();
    private final Environment environment = time.environment(new Random(42));
    private final RecordingListener listener = new RecordingListener();
    private final Script script = new Script();
    private final DnsEndpointSource source =
            DnsEndpointSource.of("orders.internal", 8080).withResolver(script);

    @Test
    void everyAddressIsAnEndpointWithItsAddressAsId() {
        script.answer("10.0.0.2", "2001:db8:0:0:0:0:0:1", "10.0.0.1");

        source.subscribe(listener, environment);
        assertThat(script.lookups).isZero(); // subscribing does not block
        time.advance(Duration.ZERO);

        assertThat(script.askedFor).isEqualTo("orders.internal");
        assertThat(listener.latestIds()).containsExactly("10.0.0.1:8080", "10.0.0.2:8080", "[2001:db8::1]:8080");
        assertThat(listener.latestList()).contains(Endpoint.of("[2001:db8::1]:8080"));
    }

    @Test
    void aLinkLocalAddressKeepsItsScope() throws UnknownHostException {
        byte[] linkLocal = InetAddress.getByName("fe80::1").getAddress();
        script.answer(
                Inet6Address.getByAddress("orders.internal", linkLocal, 3),
                Inet6Address.getByAddress("orders.internal", linkLocal, 4));

        start();

        assertThat(listener.latestIds()).containsExactly("[fe80::1%3]:8080", "[fe80::1%4]:8080");
    }

    @Test
    void changesAreReportedAndRepetitionsInAnyOrderAreNot() {
        script.answer("10.0.0.1", "10.0.0.2");
        script.answer("10.0.0.2", "10.0.0.1", "10.0.0.2");
        script.answer("10.0.0.3", "10.0.0.1");

        start();
        time.advance(ONE_ROUND);
        assertThat(script.lookups).isEqualTo(2);
        assertThat(listener.reports()).hasSize(1);

        time.advance(ONE_ROUND);
        assertThat(listener.reports()).hasSize(2);
        assertThat(listener.latestIds()).containsExactly("10.0.0.1:8080", "10.0.0.3:8080");
    }

    @Test
    void anAnswerThatLostMoreThanHalfIsBelievedWhenTheNextLookUpSaysTheSame() {
        script.answer("10.0.0.1", "10.0.0.2", "10.0.0.3");
        script.answer("10.0.0.1");
        script.answer("10.0.0.1");
        try (LoadBalancer orders = LoadBalancer.builder("orders")
                .endpoints(source)
                .environment(environment)
                .build()) {
            time.advance(Duration.ofSeconds(1));
            assertThat(orders.endpoints()).hasSize(3);
            time.advance(ONE_ROUND);
            assertThat(script.lookups).isEqualTo(2);
            assertThat(orders.endpoints()).hasSize(3);

            time.advance(ONE_ROUND);
            assertThat(orders.endpoints()).hasSize(1);
        }
    }

    @Test
    void anUnknownHostIsAFailureAndTheSameListIsToldAgainAfterIt() {
        script.answer("10.0.0.1");
        script.fail(new UnknownHostException("orders.internal: Name or service not known"));
        script.fail(new UnknownHostException("orders.internal: Name or service not known"));
        script.answer("10.0.0.1");

        start();
        time.advance(Duration.ofMinutes(2));

        assertThat(listener.reports())
                .containsExactly(
                        List.of(Endpoint.of("10.0.0.1:8080")),
                        "DNS orders.internal:8080: the name cannot be resolved: orders.internal: Name or service not known",
                        List.of(Endpoint.of("10.0.0.1:8080")));
    }

    @Test
    void noAddressIsAFailureAndNotAnEmptyList() {
        script.answer(new InetAddress[0]);

        start();

        assertThat(listener.reports()).containsExactly("DNS orders.internal:8080: the name has no address");
    }

    @Test
    void moreAddressesThanDnsCanAnswerAreAFailure() {
        script.answer(IntStream.range(0, 4097)
                .mapToObj(i -> address("10.0." + i / 256 + "." + i % 256))
                .toArray(InetAddress[]::new));

        start();

        assertThat(listener.latestFailure()).contains("4097 addresses, at most 4096");
    }

    @Test
    void nothingThatTheResolverThrowsEndsTheRefresh() {
        script.fail(new IllegalStateException("on purpose"));
        script.fail(new StackOverflowError("on purpose"));
        script.fail(new OutOfMemoryError("on purpose"));
        script.fail(new SecurityException("on purpose"));
        script.answer((InetAddress[]) null);
        script.fail(new RuntimeException("on purpose") {
            private static final long serialVersionUID = 1L;

            @Override
            public String getMessage() {
                throw new IllegalStateException("not even this works");
            }
        });
        script.answer("10.0.0.1");

        start();
        for (int failures = 0; failures < 6; failures++) {
            advanceThroughFailures(ONE_ROUND);
        }

        assertThat(listener.reports().get(0)).asString().contains("IllegalStateException: on purpose");
        assertThat(listener.reports().get(1)).asString().contains("StackOverflowError: on purpose");
        assertThat(listener.reports()).contains("DNS orders.internal:8080: the look-up broke off");
        assertThat(listener.latestIds()).containsExactly("10.0.0.1:8080");
    }

    @Test
    void nothingThatTheListenerThrowsEndsTheRefreshAndItIsToldAgain() {
        Deque<Throwable> failures = new ArrayDeque<>(
                List.of(new IllegalStateException("on purpose"), new StackOverflowError("on purpose")));
        script.answer("10.0.0.1");
        EndpointSource.Listener failing = new EndpointSource.Listener() {
            @Override
            public void onEndpoints(List<Endpoint> endpoints) {
                throwNext(failures);
                listener.onEndpoints(endpoints);
            }

            @Override
            public void onFailure(String reason) {
                throw new AssertionError(reason);
            }
        };

        source.subscribe(failing, environment);
        time.advance(Duration.ofMinutes(1));

        assertThat(listener.reports()).containsExactly(List.of(Endpoint.of("10.0.0.1:8080")));
    }

    @Test
    void aLookupThatHangsIsReportedOnceAndNoSecondIsStackedOnIt() {
        HeldThreads threads = new HeldThreads();
        script.answer("10.0.0.1");
        source.subscribe(listener, new Environment(time, time, threads, new Random(42)));
        threads.runAll();
        time.advance(ONE_ROUND);
        assertThat(threads.held).hasSize(1);

        time.advance(Duration.ofSeconds(30));
        assertThat(listener.latestFailure())
                .isEqualTo("DNS orders.internal:8080: no answer within 30.0 s, still waiting for it");
        time.advance(Duration.ofHours(1));
        assertThat(listener.reports()).hasSize(2);
        assertThat(threads.held).hasSize(1);

        threads.runAll();
        assertThat(listener.latestIds()).containsExactly("10.0.0.1:8080");
        time.advance(ONE_ROUND);
        assertThat(threads.held).hasSize(1);
    }

    @Test
    void aLookupThatEndsWithinThreeIntervalsIsNotSilent() {
        HeldThreads threads = new HeldThreads();
        script.answer("10.0.0.1");
        source.subscribe(listener, new Environment(time, time, threads, new Random(42)));

        time.advance(Duration.ofSeconds(29));
        threads.runAll();
        time.advance(Duration.ofSeconds(5));

        assertThat(listener.reports()).containsExactly(List.of(Endpoint.of("10.0.0.1:8080")));
    }

    @Test
    void withoutThreadsTheRefreshFailsAndGoesOn() {
        Deque<Throwable> failures = new ArrayDeque<>(List.of(
                new RejectedExecutionException("full"), new OutOfMemoryError("unable to create native thread")));
        script.answer("10.0.0.1");
        Executor scarce = task -> {
            throwNext(failures);
            task.run();
        };

        source.subscribe(listener, new Environment(time, time, scarce, new Random(42)));
        time.advance(Duration.ofMinutes(1));

        assertThat(listener.reports()).hasSize(3);
        assertThat(listener.reports().get(0)).asString().contains("no thread to look it up", "full");
        assertThat(listener.reports().get(1)).asString().contains("unable to create native thread");
        assertThat(listener.latestIds()).containsExactly("10.0.0.1:8080");
    }

    @Test
    void afterCloseNothingIsAskedOrReported() {
        script.answer("10.0.0.1");
        script.answer("10.0.0.2");
        EndpointSource.Subscription subscription = start();

        subscription.close();
        subscription.close();
        time.advance(Duration.ofHours(1));

        assertThat(script.lookups).isEqualTo(1);
        assertThat(listener.reports()).hasSize(1);
        assertThat(time.pendingTasks()).isZero();
    }

    @Test
    void anAnswerThatComesAfterCloseIsNotReported() {
        HeldThreads threads = new HeldThreads();
        script.answer("10.0.0.1");
        EndpointSource.Subscription subscription =
                source.subscribe(listener, new Environment(time, time, threads, new Random(42)));

        subscription.close();
        threads.runAll();
        time.advance(Duration.ofHours(1));

        assertThat(listener.reports()).isEmpty();
        assertThat(time.pendingTasks()).isZero();
    }

    @Test
    void aListenerMayCloseItsSubscription() {
        List<EndpointSource.Subscription> subscription = new ArrayList<>();
        script.answer("10.0.0.1");
        script.answer("10.0.0.2");
        subscription.add(source.subscribe(
                new EndpointSource.Listener() {
                    @Override
                    public void onEndpoints(List<Endpoint> endpoints) {
                        listener.onEndpoints(endpoints);
                        subscription.get(0).close();
                    }

                    @Override
                    public void onFailure(String reason) {
                        throw new AssertionError(reason);
                    }
                },
                environment));

        time.advance(Duration.ofHours(1));

        assertThat(listener.reports()).hasSize(1);
    }

    @Test
    void subscriptionsAreIndependent() {
        RecordingListener other = new RecordingListener();
        script.answer("10.0.0.1");
        EndpointSource.Subscription first = start();
        source.subscribe(other, environment);
        time.advance(Duration.ZERO);

        first.close();
        script.answer("10.0.0.2");
        time.advance(Duration.ofMinutes(1));

        assertThat(listener.latestIds()).containsExactly("10.0.0.1:8080");
        assertThat(other.latestIds()).containsExactly("10.0.0.2:8080");
    }

    @Test
    void theRefreshKeepsItsIntervalForeverWithAFifthOfJitter() {
        List<Duration> asked = new ArrayList<>();
        DnsEndpointSource.of("orders.internal:8080")
                .withInterval(Duration.ofSeconds(5))
                .withResolver(host -> {
                    asked.add(time.elapsed());
                    return new InetAddress[] {address("10.0.0.1")};
                })
                .subscribe(listener, environment);

        time.advance(Duration.ofHours(10));

        List<Duration> gaps = IntStream.range(1, asked.size())
                .mapToObj(i -> asked.get(i).minus(asked.get(i - 1)))
                .toList();
        assertThat(asked).hasSizeBetween(7100, 7300);
        assertThat(Collections.min(gaps)).isBetween(Duration.ofMillis(4000), Duration.ofMillis(4050));
        assertThat(Collections.max(gaps)).isBetween(Duration.ofMillis(5950), Duration.ofMillis(6000));
        assertThat(listener.reports()).hasSize(1);
    }

    @Property(tries = 200)
    void anySetOfAddressesInAnyOrderIsOneSortedList(@ForAll @Size(min = 1, max = 20) List<Byte> lastOctets) {
        InetAddress[] answer = lastOctets.stream()
                .map(octet -> address("10.0.0." + (octet & 0xff)))
                .toArray(InetAddress[]::new);
        InetAddress[] reversed = answer.clone();
        Collections.reverse(Arrays.asList(reversed));
        VirtualTime clock = new VirtualTime();
        RecordingListener heard = new RecordingListener();
        Script answers = new Script();
        answers.answer(answer);
        answers.answer(reversed);

        source.withResolver(answers).subscribe(heard, clock.environment(new Random(42)));
        clock.advance(Duration.ofMinutes(1));

        assertThat(heard.reports()).hasSize(1);
        assertThat(heard.latestList().stream().map(Endpoint::host))
                .isSorted()
                .doesNotHaveDuplicates()
                .hasSameSizeAs(new HashSet<>(lastOctets));
    }

    @ParameterizedTest
    @ValueSource(strings = {"PT0S", "PT-1S", "PT0.099S", "PT24H0.001S"})
    void intervalsOutOfRangeAreRefused(Duration interval) {
        assertThatThrownBy(() -> source.withInterval(interval))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("interval is " + interval + ", must be from PT0.1S to PT24H");
    }

    @Test
    void namesItsTarget() {
        assertThat(DnsEndpointSource.of("orders.internal:8080")).hasToString("DNS orders.internal:8080");
        assertThat(DnsEndpointSource.of("::1", 80)).hasToString("DNS [::1]:80");
        assertThatThrownBy(() -> DnsEndpointSource.of("orders.internal"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("it needs a port");
        assertThat(source.isAuthoritative()).isFalse();
    }

    @Test
    void theJdkResolvesAnAddressAsItself() throws InterruptedException {
        EndpointSource.Subscription subscription =
                DnsEndpointSource.of("127.0.0.1:80").subscribe(listener, Environment.system());

        listener.awaitList("127.0.0.1:80");
        subscription.close();
    }

    private EndpointSource.Subscription start() {
        EndpointSource.Subscription subscription = source.subscribe(listener, environment);
        time.advance(Duration.ZERO);
        return subscription;
    }

    /** A blocking task that throws does so out of advance; on a real thread it would end that thread. */
    private void advanceThroughFailures(Duration duration) {
        Duration target = time.elapsed().plus(duration);
        try {
            time.advance(duration);
        } catch (RuntimeException e) {
            time.advance(target.minus(time.elapsed()));
        }
    }

    private static void throwNext(Deque<Throwable> failures) {
        Throwable failure = failures.poll();
        if (failure instanceof Error error) {
            throw error;
        } else if (failure != null) {
            throw (RuntimeException) failure;
        }
    }

    private static InetAddress address(String text) {
        try {
            return InetAddress.getByName(text);
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    /** Answers in the order written, the last answer for ever. */
    private static final class Script implements DnsEndpointSource.Resolver {
        private final Deque<DnsEndpointSource.Resolver> answers = new ArrayDeque<>();
        private int lookups;
        private String askedFor = "";

        void answer(String... addresses) {
            answer(Arrays.stream(addresses).map(DnsEndpointSourceTest::address).toArray(InetAddress[]::new));
        }

        void answer(InetAddress... addresses) {
            answers.add(host -> addresses);
        }

        void fail(Throwable failure) {
            answers.add(host -> {
                if (failure instanceof UnknownHostException unknown) {
                    throw unknown;
                }
                throwNext(new ArrayDeque<>(List.of(failure)));
                throw new AssertionError("unreachable");
            });
        }

        @Override
        public InetAddress[] resolve(String host) throws UnknownHostException {
            lookups++;
            askedFor = host;
            return (answers.size() > 1 ? answers.remove() : answers.element()).resolve(host);
        }
    }

    /** Threads that hang until they are told to run. */
    private static final class HeldThreads implements Executor {
        private final Deque<Runnable> held = new ArrayDeque<>();

        @Override
        public void execute(Runnable task) {
            held.add(task);
        }

        void runAll() {
            while (!held.isEmpty()) {
                held.remove().run();
            }
        }
    }
}
