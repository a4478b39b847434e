package dev.evenkeel.lb;

import static dev.evenkeel.lb.TestService.HTTP_503;
import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.endpoint.OutReason;
import dev.evenkeel.lb.health.CheckResult;
import dev.evenkeel.lb.health.EjectionTime;
import dev.evenkeel.lb.health.OutlierDetection;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The cap is over suspicion: who is out for certain takes no place under it, whatever was suspected before. Of four endpoints one may be ejected. */
class CapTest {
    private static final String[] ALL = {"10.0.0.0:80", "10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"};
    private static final String FIRST = ALL[0];
    private static final String SECOND = ALL[1];
    private static final String THIRD = ALL[2];

    /** Health checks take their time. */
    private static final EjectionTime LONG =
            new EjectionTime(Duration.ofMinutes(5), Duration.ofMinutes(5), Duration.ofSeconds(3), 0.3);

    private final ScriptedCheck check = new ScriptedCheck();
    private final TestService service = TestService.with(
            settings -> settings.policy(LoadBalancingPolicy.random())
                    .healthCheck(check)
                    .outliers(OutlierDetection.DEFAULT.with(LONG)),
            ALL);

    /** What takes an endpoint out for certain. */
    enum Certainty {
        PROBE_FAILED {
            @Override
            void happensTo(String id, CapTest test) {
                test.check.answer(id, ScriptedCheck.HTTP_500);
                for (int i = 0; i < 200 && !test.isOut(id, OutReason.PROBE_FAILED); i++) {
                    test.service.advance(Duration.ofMillis(250));
                }
                assertThat(test.isOut(id, OutReason.PROBE_FAILED)).isTrue();
            }

            @Override
            void ends(String id, CapTest test) {
                test.check.answer(id, CheckResult.PASSED);
                for (int i = 0; i < 200 && test.isOut(id, OutReason.PROBE_FAILED); i++) {
                    test.service.advance(Duration.ofMillis(250));
                }
            }
        },
        DRAINING {
            @Override
            void happensTo(String id, CapTest test) {
                test.service.loadBalancer.drain(id);
            }

            @Override
            void ends(String id, CapTest test) {
                test.service.loadBalancer.undrain(id);
            }
        };

        abstract void happensTo(String id, CapTest test);

        abstract void ends(String id, CapTest test);
    }

    private boolean isOut(String id, OutReason reason) {
        return service.status(id).availability().has(reason);
    }

    /** Has it fail five times in a row, while others are well. */
    private void fail(String id) {
        service.advance(Duration.ofSeconds(2)); // then what failed elsewhere before is no excuse
        service.picks(40);
        for (int i = 0; i < 5; i++) {
            service.attemptAt(id).complete(HTTP_503);
        }
    }

    /** Other tests would show nothing were there no cap. */
    @Test
    void ofFourEndpointsOnlyOneIsEjected() {
        fail(FIRST);
        fail(SECOND);

        assertThat(isOut(FIRST, OutReason.EJECTED)).isTrue();
        assertThat(isOut(SECOND, OutReason.EJECTED)).isFalse();
    }

    @ParameterizedTest
    @EnumSource
    void whoIsOutForCertainBeforeItIsSuspectedTakesNoPlace(Certainty certainty) {
        certainty.happensTo(FIRST, this);
        fail(SECOND);

        assertThat(isOut(SECOND, OutReason.EJECTED)).isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void whoIsOutForCertainAfterItWasEjectedTakesNoPlaceEither(Certainty certainty) {
        fail(FIRST);
        certainty.happensTo(FIRST, this);
        assertThat(isOut(FIRST, OutReason.EJECTED)).isTrue();
        fail(SECOND);

        assertThat(isOut(SECOND, OutReason.EJECTED)).isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void itsPlaceIsTakenOnlyOnce(Certainty certainty) {
        fail(FIRST);
        certainty.happensTo(FIRST, this);
        fail(SECOND);
        fail(THIRD);

        assertThat(isOut(THIRD, OutReason.EJECTED)).isFalse();
    }

    @ParameterizedTest
    @EnumSource
    void whoseCertaintyEndsBeforeItsEjectionCountsAgain(Certainty certainty) {
        fail(FIRST);
        certainty.happensTo(FIRST, this);
        certainty.ends(FIRST, this);
        assertThat(isOut(FIRST, OutReason.EJECTED)).isTrue();
        fail(SECOND);

        assertThat(isOut(SECOND, OutReason.EJECTED)).isFalse();
    }
}
