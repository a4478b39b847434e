package dev.evenkeel.lb.okhttp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.Attempt;
import dev.evenkeel.lb.BalancedCall;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.Outcome.Kind;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.policy.Node;
import dev.evenkeel.lb.retry.RetryBudget;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import mockwebserver3.MockResponse;
import okhttp3.Protocol;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** An endpoint that was far slower than its peers is tried again by a call that does not pay for it. */
class TrialTest {
    private static final int SLOW = 0;
    private static final int QUICK = 1;
    private static final Duration USUAL = Duration.ofMillis(5);

    private final AtomicInteger chosen = new AtomicInteger(QUICK);

    /** Goes where the test says, and elsewhere once the call has been there. */
    private final LoadBalancingPolicy asTold = (candidates, random) -> (call, now) -> {
        Node told = candidates.get(chosen.get());
        return call.hasTried(told) ? candidates.get(1 - chosen.get()) : told;
    };

    private final StoppedClock clock = new StoppedClock();

    @RegisterExtension
    private final Fleet fleet = new Fleet()
            .balancing(
                    lb -> lb.environment(clock.environment()).policy(asTold).retryBudget(RetryBudget.Settings.DEFAULT));

    private final CountDownLatch over = new CountDownLatch(1);
    private final List<Attempt> open = new ArrayList<>();

    @AfterEach
    void letServersGo() {
        over.countDown();
    }

    @ParameterizedTest
    @EnumSource(names = {"HTTP_1_1", "H2_PRIOR_KNOWLEDGE"})
    void aTrialThatIsNotAnsweredCostsItsCallerNoMoreThanASecondAttempt(Protocol protocol) throws IOException {
        fleet.protocols(protocol);
        Server slow = fleet.add(request -> answerIn(USUAL, "slow"));
        Server quick = fleet.add(request -> answerIn(USUAL, "quick"));
        askBoth();
        slow.behave(request -> answerIn(Duration.ofSeconds(2), "slow"));
        chosen.set(SLOW);
        assertThat(fleet.ask()).isEqualTo("200 slow");
        CountDownLatch tried = new CountDownLatch(1);
        slow.behave(request -> {
            tried.countDown();
            return answerAfter(over, "too late");
        });
        quick.behave(request -> answerAfter(tried, "quick"));
        Until.until("the slow one is to be tried again", this::isSlowOneOnTrial);

        assertThat(fleet.ask()).isEqualTo("200 quick");

        open.forEach(attempt -> attempt.complete(Outcome.CANCELLED));
        fleet.awaitNothingInFlight();
        assertThat(fleet.kinds()).contains(Kind.HEDGE_LOST);
        assertThat(isOnTrial(RequestInfo.NON_IDEMPOTENT))
                .as("may not be sent twice")
                .isFalse();
    }

    private void askBoth() throws IOException {
        for (int endpoint : new int[] {SLOW, QUICK}) {
            chosen.set(endpoint);
            for (int i = 0; i < 20; i++) {
                assertThat(fleet.ask()).startsWith("200");
            }
        }
    }

    private MockResponse answerIn(Duration latency, String text) {
        clock.advance(latency);
        return Server.ok(text);
    }

    private static MockResponse answerAfter(CountDownLatch latch, String text) {
        try {
            boolean unused = latch.await(20, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return Server.ok(text);
    }

    private boolean isSlowOneOnTrial() {
        clock.advance(USUAL);
        return isOnTrial(RequestInfo.IDEMPOTENT);
    }

    /** A trial that ended would begin another pause, so it stays open. */
    private boolean isOnTrial(RequestInfo request) {
        BalancedCall call = fleet.loadBalancer().newCall(request);
        Attempt attempt = call.nextAttempt();
        if (call.isOnTrial()) {
            open.add(attempt);
            return true;
        }
        attempt.complete(Outcome.CANCELLED);
        return false;
    }
}
