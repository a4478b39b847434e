package dev.evenkeel.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.Attempt;
import dev.evenkeel.lb.BalancedCall;
import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.EndpointSource;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CustomPolicyTest {
    private final Endpoint spot = Endpoint.of("10.0.0.1:80").withMetadata("tier", "spot");
    private final Endpoint alsoSpot = Endpoint.of("10.0.0.2:80").withMetadata("tier", "spot");
    private final Endpoint reserved = Endpoint.of("10.0.0.3:80");
    private final LoadBalancer balancer = LoadBalancer.builder("orders.svc")
            .endpoints(EndpointSource.of(List.of(spot, alsoSpot, reserved)))
            .policy(new CustomPolicy(2))
            .build();

    @BeforeEach
    void awaitReady() {
        balancer.awaitReady(Duration.ofSeconds(10));
    }

    @AfterEach
    void close() {
        balancer.close();
    }

    @Test
    void theIdlestOfTheMarkedIsPicked() {
        Attempt first = call().nextAttempt();
        Attempt second = call().nextAttempt();

        assertThat(List.of(first.endpoint(), second.endpoint())).containsExactlyInAnyOrder(spot, alsoSpot);
    }

    @Test
    void theMarkedShareWhatComesWhileAllAreIdle() {
        Set<Endpoint> picked = new HashSet<>();
        for (int i = 0; i < 100; i++) {
            Attempt attempt = call().nextAttempt();
            picked.add(attempt.endpoint());
            attempt.complete(Outcome.SUCCESS);
        }

        assertThat(picked).containsExactlyInAnyOrder(spot, alsoSpot);
    }

    @Test
    void othersArePickedWhileTheMarkedAreBusy() {
        for (int i = 0; i < 4; i++) {
            assertThat(call().nextAttempt().endpoint()).isIn(spot, alsoSpot);
        }

        assertThat(Stream.generate(() -> call().nextAttempt().endpoint()).limit(100))
                .contains(reserved);
    }

    @Test
    void aRetryGoesSomewhereElse() {
        BalancedCall call = call();
        Attempt first = call.nextAttempt();
        first.complete(Outcome.of(Outcome.Kind.UNAVAILABLE, "HTTP 503"));

        assertThat(call.nextAttempt().endpoint()).isNotEqualTo(first.endpoint());
    }

    private BalancedCall call() {
        return balancer.newCall(RequestInfo.IDEMPOTENT);
    }
}
