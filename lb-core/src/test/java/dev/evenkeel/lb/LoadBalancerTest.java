package dev.evenkeel.lb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.EndpointSource;
import dev.evenkeel.lb.locality.Subsetting;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.observe.LoadBalancerListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LoadBalancerTest {
    private static final String A = "10.0.0.1:80";
    private static final String B = "10.0.0.2:80";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "10.0.0.1",
                "[::1]",
                "::1",
                "orders:80",
                "http://orders",
                "or ders",
                "-orders",
                "a..b",
                "127.1"
            })
    void aServiceIsNamedLikeAHostAndNotByAnAddress(String name) {
        assertThatThrownBy(() -> LoadBalancer.builder(name))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("service name");
    }

    @Test
    void caseDoesNotMatterInServiceNames() {
        LoadBalancer orders = LoadBalancer.builder("Orders.SVC")
                .endpoints(EndpointSource.of(A))
                .build();
        LoadBalancers services = LoadBalancers.of(orders);

        assertThat(services.find("orders.svc")).isSameAs(orders);
        assertThat(services.find("ORDERS.svc")).isSameAs(orders);
        assertThat(services.find("payments.svc")).isNull();
        assertThatThrownBy(() -> services.get("payments.svc"))
                .hasMessage("no load balancer for service 'payments.svc', there are: orders.svc");
        services.close();
    }

    @Test
    void twoLoadBalancersForOneServiceAreAMistake() {
        LoadBalancer one =
                LoadBalancer.builder("orders").endpoints(EndpointSource.of(A)).build();
        LoadBalancer two =
                LoadBalancer.builder("orders").endpoints(EndpointSource.of(B)).build();
        assertThatThrownBy(() -> LoadBalancers.of(one, two)).hasMessage("service orders is given twice");
        one.close();
        two.close();
    }

    @Test
    void aLoadBalancerWithoutASourceIsNotBuilt() {
        assertThatThrownBy(() -> LoadBalancer.builder("orders").build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("orders has no endpoints: call endpoints(");
    }

    @ParameterizedTest
    @ValueSource(doubles = {-0.1, 1.1, Double.NaN})
    void aThresholdThatIsNotAShareIsRefusedByName(double threshold) {
        assertThatThrownBy(() -> TestService.with(settings -> settings.panicThreshold(threshold), A))
                .hasMessage("panicThreshold is " + threshold + ", must be 0 to 1");
    }

    @Test
    void negativeDurationsAreRefusedByName() {
        for (Duration wrong : List.of(Duration.ofMillis(-1), Duration.ofMillis(60_001))) {
            assertThatThrownBy(() -> TestService.with(settings -> settings.firstListTimeout(wrong), A))
                    .hasMessage("firstListTimeout is " + wrong + ", must be 0 to 60 s");
        }
        assertThatThrownBy(() -> TestService.with(settings -> settings.listHold(Duration.ofSeconds(-1)), A))
                .hasMessage("listHold is PT-1S, must not be negative");
        assertThatThrownBy(() -> TestService.with(settings -> settings.memory(Duration.ofSeconds(-1)), A))
                .hasMessage("memory is PT-1S, must not be negative");
    }

    @Test
    void anAttemptIsCountedOnceHoweverOftenItIsCompleted() {
        TestService service = TestService.of(A);
        Attempt attempt = service.attempt();
        assertThat(service.status(A).inFlight()).isEqualTo(1);

        attempt.complete(Outcome.SUCCESS);
        attempt.complete(TestService.HTTP_503);
        attempt.answered(TestService.HTTP_503);

        assertThat(service.status(A).inFlight()).isZero();
        assertThat(service.status(A).attempts()).isEqualTo(1);
        assertThat(service.status(A).failures()).isZero();
    }

    @Test
    void latencyIsSettledByTheFirstAnswerAndInFlightByTheEnd() {
        TestService service = TestService.of(A);
        Attempt attempt = service.attempt();
        service.advance(Duration.ofMillis(20));
        attempt.answered(Outcome.SUCCESS);
        service.advance(Duration.ofMinutes(5));

        assertThat(service.status(A).inFlight()).isEqualTo(1);
        assertThat(service.status(A).latency())
                .as("a long stream is not a slow answer")
                .isLessThan(Duration.ofMillis(21));
        attempt.complete(Outcome.SUCCESS);
        assertThat(service.status(A).inFlight()).isZero();
    }

    @Test
    void anAnswerThatBreaksOffCountsAsAFailureAfterAll() {
        TestService service = TestService.of(A);
        Attempt attempt = service.attempt();
        attempt.answered(Outcome.SUCCESS);
        attempt.complete(Outcome.of(Outcome.Kind.BODY_BROKEN, "reset"));

        assertThat(service.status(A).failures()).isEqualTo(1);
        assertThat(service.status(A).attempts()).isEqualTo(1);
    }

    @Test
    void whatTheCallerCausedNeverCountsAgainstAnEndpoint() {
        TestService service = TestService.of(A);
        for (Outcome.Kind kind : Outcome.Kind.values()) {
            if (kind.isNeutral()) {
                service.attempt().complete(Outcome.of(kind, "not the endpoint's fault"));
            }
        }
        assertThat(service.status(A).failures()).isZero();
        assertThat(service.status(A).latency()).isZero();
        assertThat(service.status(A).inFlight()).isZero();
    }

    @Test
    void anErrorOfAListenerLeavesNoAttemptInFlight() {
        TestService service = TestService.with(
                settings -> settings.listener(new LoadBalancerListener() {
                    @Override
                    public void onAttempt(String name, Endpoint endpoint, Outcome outcome, long latencyNanos) {
                        throw new StackOverflowError("listener is broken");
                    }
                }),
                A);
        try {
            service.attempt().complete(Outcome.SUCCESS);
        } catch (StackOverflowError e) {
            // Whether it gets as far as here does not matter.
        }
        assertThat(service.status(A).inFlight()).isZero();
    }

    @Test
    void aListenerThatThrowsStopsNeitherTheOthersNorTheLoadBalancer() {
        List<Event> heard = new ArrayList<>();
        TestService service = TestService.with(
                settings -> settings.listener(new LoadBalancerListener() {
                            @Override
                            public void onEvent(Event event) {
                                throw new IllegalStateException("listener is broken");
                            }

                            @Override
                            public void onAttempt(String name, Endpoint endpoint, Outcome outcome, long latencyNanos) {
                                throw new IllegalStateException("listener is broken");
                            }
                        })
                        .listener(new LoadBalancerListener() {
                            @Override
                            public void onEvent(Event event) {
                                heard.add(event);
                            }
                        }),
                A,
                B);
        service.refuse(A);

        assertThat(heard).extracting(Event::type).endsWith(Event.Type.UNAVAILABLE);
        assertThat(service.picks(10)).containsOnly(B);
    }

    @Test
    void aListenerMayCallTheLoadBalancerBackAndHearsEverythingInOrder() {
        List<String> heard = new ArrayList<>();
        TestService service = TestService.of(A, B);
        LoadBalancer.Registration registration = service.loadBalancer.addListener(new LoadBalancerListener() {
            @Override
            public void onEvent(Event event) {
                heard.add("begin " + event.type());
                if (event.type() == Event.Type.REMOVED) {
                    service.loadBalancer.drain(B);
                }
                heard.add("end " + event.type());
            }
        });
        service.source.remove(A);

        assertThat(heard)
                .containsExactly(
                        "begin REMOVED",
                        "end REMOVED",
                        "begin DRAINED",
                        "end DRAINED",
                        "begin UNAVAILABLE",
                        "end UNAVAILABLE",
                        "begin DRAINED",
                        "end DRAINED");
        registration.close();
        service.loadBalancer.undrain(B);
        assertThat(heard).hasSize(8);
    }

    @Test
    void aListenerHearsOfEachAttemptWithItsLatency() {
        List<String> heard = new ArrayList<>();
        TestService service = TestService.with(
                settings -> settings.listener(new LoadBalancerListener() {
                    @Override
                    public void onAttempt(String name, Endpoint endpoint, Outcome outcome, long latencyNanos) {
                        heard.add(name + " " + endpoint + " " + outcome.reason() + " " + latencyNanos);
                    }
                }),
                A);
        Attempt attempt = service.attempt();
        service.advance(Duration.ofNanos(17));
        attempt.complete(Outcome.SUCCESS);

        assertThat(heard).containsExactly("orders.svc 10.0.0.1:80 ok 17");
    }

    @Test
    void aPolicyThatFailsLeavesTheOldPickerInUse() {
        TestService service = TestService.with(
                settings -> settings.policy((candidates, random) -> {
                    if (candidates.size() > 1) {
                        throw new IllegalStateException("policy is broken");
                    }
                    return (context, now) -> candidates.get(0);
                }),
                A);
        service.source.put(Endpoint.of(B));

        assertThat(service.picks(3)).containsOnly(A);
    }

    @Test
    void aLargeListIsNotRebuiltForEachOfManyChangesButAlwaysForTheLast() {
        List<Endpoint> many = new ArrayList<>();
        for (int i = 0; i < 5_000; i++) {
            many.add(Endpoint.of("10.0." + i / 250 + "." + i % 250, 80));
        }
        int[] rebuilds = {0};
        TestService service =
                TestService.with(settings -> settings.subsetting(Subsetting.OFF).policy((candidates, random) -> {
                    rebuilds[0]++;
                    return (context, now) -> candidates.get(candidates.size() - 1);
                }));
        service.source.set(many);
        service.advance(Duration.ofSeconds(1));
        int before = rebuilds[0];
        for (int i = 0; i < 100; i++) {
            service.source.put(Endpoint.of("10.1.0." + i, 80));
        }
        assertThat(rebuilds[0]).isEqualTo(before + 1);

        service.advance(Duration.ofMillis(11));

        assertThat(rebuilds[0]).isEqualTo(before + 2);
        assertThat(service.attempt().endpoint().id()).isEqualTo("10.1.0.99:80");
    }
}
