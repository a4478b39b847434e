package dev.evenkeel.lb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.OutReason;
import dev.evenkeel.lb.health.CheckResult;
import dev.evenkeel.lb.health.ConnectBackoff;
import dev.evenkeel.lb.health.HealthCheck;
import dev.evenkeel.lb.health.OutlierDetection;
import dev.evenkeel.lb.health.SlowStart;
import dev.evenkeel.lb.locality.Split;
import dev.evenkeel.lb.policy.KeyedPolicy;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.retry.RetryBudget;
import dev.evenkeel.lb.retry.RetryPolicy;
import dev.evenkeel.lb.time.Environment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class ClusterTest {
    private static Settings settings(LoadBalancingPolicy policy) {
        return new Settings(
                policy,
                RetryPolicy.DEFAULT,
                RetryBudget.Settings.DEFAULT,
                HedgeSettings.NONE,
                ConnectBackoff.DEFAULT,
                OutlierDetection.DEFAULT,
                SlowStart.DEFAULT,
                ActiveChecks.OFF,
                Limits.NONE,
                Places.DEFAULT,
                0.5,
                Duration.ofSeconds(30),
                Duration.ofSeconds(5),
                Duration.ofMinutes(10),
                null);
    }

    private static void take(Members members, int endpoints) {
        members.accept(members.reconcile(IntStream.range(0, endpoints)
                .mapToObj(i -> Endpoint.of("10.0." + i / 250 + "." + i % 250, 80))
                .toList()));
    }

    private static void awaitWaitingForTheLock(Thread thread) {
        while (thread.getState() != Thread.State.WAITING) { // with its change in the queue
            Thread.onSpinWait();
        }
    }

    /**
     * A timer that ends an ejection, or offers an endpoint to be tried again, comes once, and looks whether its time has come. Were it
     * told an earlier time, by a thread that has read the clock before and applies its change for it, the endpoint would stay out for ever.
     */
    @Test
    @Timeout(120)
    void changeIsAppliedAtATimeNotBeforeItWasQueued() throws InterruptedException {
        AtomicLong clock = new AtomicLong();
        Environment environment =
                new Environment(clock::get, (delay, task) -> () -> {}, Runnable::run, new SplittableRandom(1));
        Cluster cluster = new Cluster(
                settings(LoadBalancingPolicy.roundRobin()),
                environment,
                new Announcer("orders.svc", environment),
                Usual.unknown());
        AtomicLong applied = new AtomicLong(-1);
        Thread timer = new Thread(() -> cluster.update((members, now) -> {
            applied.set(now);
            return false;
        }));
        cluster.update((members, now) -> {
            clock.set(1_000);
            timer.start();
            awaitWaitingForTheLock(timer);
            return false;
        });
        timer.join();
        assertThat(applied).hasValue(1_000);
    }

    /** To work out where keys go may take seconds, and no request is to pay for a list that it has nothing to do with. */
    @Test
    @Timeout(120)
    void aRequestLeavesANewListToTheThreadThatBringsIt() throws InterruptedException {
        List<Thread> working = new CopyOnWriteArrayList<>();
        KeyedPolicy ring = LoadBalancingPolicy.ringHash();
        KeyedPolicy policy = endpoints -> {
            working.add(Thread.currentThread());
            return ring.newKeyMap(endpoints);
        };
        Environment environment =
                new Environment(() -> 0, (delay, task) -> () -> {}, Runnable::run, new SplittableRandom(1));
        Cluster cluster =
                new Cluster(settings(policy), environment, new Announcer("orders.svc", environment), Usual.unknown());
        Thread source = new Thread(() -> cluster.update((members, now) -> {
            take(members, 3);
            return true;
        }));

        cluster.tell((members, now) -> {
            source.start();
            awaitWaitingForTheLock(source);
            return true;
        });
        source.join();

        assertThat(working).containsExactly(source);
    }

    /** The list is long and came too soon after another; its time has come, but not its timer. */
    @Test
    void aRequestLeavesAListThatIsStillToBePublishedToThoseThatMayTakeTheirTime() {
        AtomicInteger maps = new AtomicInteger();
        KeyedPolicy ring = LoadBalancingPolicy.ringHash();
        KeyedPolicy policy = endpoints -> {
            maps.incrementAndGet();
            return ring.newKeyMap(endpoints);
        };
        AtomicLong clock = new AtomicLong();
        List<Runnable> timers = new ArrayList<>();
        List<Runnable> blocking = new ArrayList<>();
        Environment environment = new Environment(
                clock::get,
                (delay, task) -> {
                    timers.add(task);
                    return () -> {};
                },
                blocking::add,
                new SplittableRandom(1));
        Cluster cluster =
                new Cluster(settings(policy), environment, new Announcer("orders.svc", environment), Usual.unknown());
        for (int endpoints : new int[] {1_000, 1_001}) {
            cluster.update((members, now) -> {
                take(members, endpoints);
                return true;
            });
        }
        clock.set(1_000_000_000);

        cluster.tell((members, now) -> true);
        assertThat(maps).as("the first list's").hasValue(1);
        assertThat(timers).hasSize(1);

        timers.remove(0).run();
        assertThat(maps).as("the timers' thread is for all services").hasValue(1);
        blocking.remove(0).run();
        assertThat(maps).hasValue(2);

        clock.set(2_000_000_000);
        cluster.tell((members, now) -> true);
        assertThat(timers).as("a long list is rebuilt by others, always").hasSize(1);
    }

    /** A policy by key may work for a second on a list with weights far apart, and meanwhile requests go on and find things out. */
    @Test
    @Timeout(120)
    void aRequestDoesNotWaitForARebuildAndWhatItFoundOutIsNotLost() throws InterruptedException {
        CountDownLatch building = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        AtomicBoolean slow = new AtomicBoolean();
        TestService service = TestService.with(
                settings -> settings.policy((candidates, random) -> {
                    if (slow.getAndSet(false)) {
                        building.countDown();
                        try {
                            goOn.await();
                        } catch (InterruptedException e) {
                            throw new IllegalStateException(e);
                        }
                    }
                    return (context, now) -> candidates.get(0);
                }),
                "10.0.0.1:80",
                "10.0.0.2:80");
        Attempt attempt = service.attempt();
        slow.set(true);
        Thread rebuilding = new Thread(() -> service.source.put(Endpoint.of("10.0.0.3:80")));
        rebuilding.start();
        building.await();

        attempt.complete(TestService.REFUSED); // would wait for ever
        service.attempt().complete(Outcome.SUCCESS);
        goOn.countDown();
        rebuilding.join();

        assertThat(service.status(attempt.endpoint().id()).availability().has(OutReason.CONNECT_FAILED))
                .isTrue();
        assertThat(service.attempt().endpoint()).isNotEqualTo(attempt.endpoint());
    }

    /** A service of two endpoints whose policy, when told, takes as long as the test wants for a picker, on a thread that rebuilds. */
    private static final class Rebuilding implements AutoCloseable {
        private final CountDownLatch building = new CountDownLatch(1);
        private final CountDownLatch goOn = new CountDownLatch(1);
        private final AtomicBoolean slow = new AtomicBoolean();
        private final TestService service;
        private final Thread thread;

        Rebuilding(UnaryOperator<LoadBalancerBuilder> settings, String... addresses) {
            this.service = TestService.with(
                    builder -> settings.apply(builder).policy((candidates, random) -> {
                        if (slow.getAndSet(false)) {
                            building.countDown();
                            awaitUninterruptibly(goOn);
                        }
                        return (context, now) -> candidates.get(0);
                    }),
                    addresses);
            this.thread = new Thread(() -> service.source.put(Endpoint.of("10.0.0.3:80")));
        }

        private static void awaitUninterruptibly(CountDownLatch latch) {
            try {
                latch.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        void begin() {
            slow.set(true);
            thread.start();
            awaitUninterruptibly(building);
        }

        @Override
        public void close() {
            goOn.countDown();
            joinUninterruptibly(thread);
        }
    }

    @Test
    @Timeout(120)
    void whoAsksForStateOrIsToldWhyThereIsNoEndpointDoesNotWaitForARebuild() {
        try (Rebuilding rebuilding = new Rebuilding(settings -> settings, "10.0.0.1:80")) {
            LoadBalancer loadBalancer = rebuilding.service.loadBalancer;
            LoadBalancerView view = loadBalancer.openView(() -> {});
            rebuilding.begin();

            assertThatThrownBy(() -> view.newCall(RequestInfo.IDEMPOTENT).nextAttempt())
                    .isInstanceOf(NoEndpointException.class)
                    .hasMessageStartingWith("orders.svc: none of 2 endpoints can be picked: 10.0.0.1:80");
            assertThat(loadBalancer.endpoints()).hasSize(2);
            assertThat(view.endpoints()).hasSize(2);
            assertThat(loadBalancer.whyEmpty()).isEmpty();
            assertThat(loadBalancer.describe()).contains("endpoints = mutable list of 2: 2 endpoints");
            assertThat(loadBalancer.split()).isEqualTo(Split.NONE);
        }
    }

    @Test
    @Timeout(120)
    void aTransportThatReportsItsConnectionsDoesNotWaitForARebuildAndIsNotForgotten() {
        LoadBalancerView opened;
        Endpoint endpoint = Endpoint.of("10.0.0.1:80");
        try (Rebuilding rebuilding = new Rebuilding(settings -> settings, "10.0.0.1:80")) {
            LoadBalancer loadBalancer = rebuilding.service.loadBalancer;
            LoadBalancerView closed = loadBalancer.openView(() -> {});
            rebuilding.begin();

            opened = loadBalancer.openView(() -> {});
            opened.lost(endpoint);
            opened.setReady(endpoint, true);
            closed.setReady(endpoint, true);
            closed.close();
            assertThat(opened.hasAvailable()).isFalse();
        }
        assertThat(opened.hasAvailable()).isTrue();
        assertThat(opened.newCall(RequestInfo.IDEMPOTENT).nextAttempt().endpoint())
                .isEqualTo(endpoint);
    }

    /** The thread of the timers is there for all services. */
    @Test
    @Timeout(120)
    void theTimersOfChecksSweepsAndListsDoNotWaitForARebuild() {
        List<String> checked = new CopyOnWriteArrayList<>();
        HealthCheck check = target -> {
            checked.add(target.endpoint().id());
            return CompletableFuture.completedFuture(CheckResult.PASSED);
        };
        Rebuilding rebuilding = new Rebuilding(settings -> settings.healthCheck(check), "10.0.0.1:80", "10.0.0.2:80");
        TestService service = rebuilding.service;
        try (rebuilding) {
            rebuilding.begin();
            checked.clear();
            service.advance(Duration.ofSeconds(30)); // would wait for ever
        }
        service.advance(Duration.ofSeconds(30));
        assertThat(checked).contains("10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80");
    }

    @Test
    void ofManyEndpointsNoRequestAndNoTimerRebuildsOrLooksAtAll() {
        AtomicInteger pickers = new AtomicInteger();
        List<Runnable> timers = new ArrayList<>();
        List<Runnable> blocking = new ArrayList<>();
        AtomicLong clock = new AtomicLong();
        Environment environment = new Environment(
                clock::get,
                (delay, task) -> {
                    timers.add(task);
                    return () -> {};
                },
                blocking::add,
                new SplittableRandom(1));
        LoadBalancingPolicy policy = (candidates, random) -> {
            pickers.incrementAndGet();
            return (context, now) -> candidates.get(0);
        };
        Cluster cluster =
                new Cluster(settings(policy), environment, new Announcer("orders.svc", environment), Usual.unknown());
        cluster.update((members, now) -> {
            take(members, 1_000);
            return true;
        });
        clock.set(1_000_000_000);

        AtomicInteger looks = new AtomicInteger();
        for (int i = 0; i < 100; i++) {
            cluster.tellOfAll((members, now) -> {
                looks.incrementAndGet();
                return false;
            });
        }
        assertThat(looks).hasValue(0);
        assertThat(blocking).as("one thread for all").hasSize(1);
        blocking.remove(0).run();
        assertThat(looks).hasValue(100);

        cluster.tell((members, now) -> true);
        assertThat(timers).hasSize(1);
        assertThat(blocking).isEmpty();
        timers.remove(0).run();
        assertThat(blocking).hasSize(1);
    }

    @Test
    @Timeout(120)
    void aRequestAppliesOnlySoMuchOfWhatOthersFindOut() {
        List<Runnable> blocking = new CopyOnWriteArrayList<>();
        Environment environment =
                new Environment(() -> 0, (delay, task) -> () -> {}, blocking::add, new SplittableRandom(1));
        Cluster cluster = new Cluster(
                settings(LoadBalancingPolicy.roundRobin()),
                environment,
                new Announcer("orders.svc", environment),
                Usual.unknown());
        List<Thread> appliedBy = new CopyOnWriteArrayList<>();
        Thread others = new Thread(() -> {
            for (int i = 0; i < 1_000; i++) {
                cluster.tell((members, now) -> {
                    appliedBy.add(Thread.currentThread());
                    return false;
                });
            }
        });

        cluster.tell((members, now) -> {
            others.start();
            joinUninterruptibly(others);
            return false;
        });

        assertThat(appliedBy).hasSizeLessThan(200).containsOnly(Thread.currentThread());
        assertThat(blocking).hasSize(1);
        blocking.get(0).run();
        assertThat(appliedBy).hasSize(1_000);
    }

    private static void joinUninterruptibly(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aConnectionThatAViewReportsRebuildsThatViewAlone() {
        AtomicInteger pickers = new AtomicInteger();
        TestService service = TestService.with(
                settings -> settings.policy((candidates, random) -> {
                    pickers.incrementAndGet();
                    return (context, now) -> candidates.get(0);
                }),
                "10.0.0.1:80",
                "10.0.0.2:80");
        List<LoadBalancerView> views = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            LoadBalancerView view = service.loadBalancer.openView(() -> {});
            view.setReady(Endpoint.of("10.0.0.2:80"), true);
            views.add(view);
        }
        pickers.set(0);

        views.get(3).setReady(Endpoint.of("10.0.0.1:80"), true);

        assertThat(pickers).hasValue(1);
        assertThat(views.get(3).candidates().nodes()).hasSize(2);
        assertThat(views.get(4).candidates().nodes()).hasSize(1);
    }
}
