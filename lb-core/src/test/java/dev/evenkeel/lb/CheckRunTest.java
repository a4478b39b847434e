package dev.evenkeel.lb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.health.CheckResult;
import dev.evenkeel.lb.health.CheckTarget;
import dev.evenkeel.lb.health.HealthCheck;
import dev.evenkeel.lb.time.Environment;
import dev.evenkeel.lb.time.Scheduler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The answer of a check and the end of its time, in every order in which they can meet. */
class CheckRunTest {
    private static final CheckTarget TARGET =
            new CheckTarget("orders.svc", Endpoint.of("10.0.0.1:80"), Duration.ofSeconds(1));

    private final List<CheckResult> reports = new ArrayList<>();
    private final CheckRun run = new CheckRun(new TrackedNode(TARGET.endpoint(), Usual.unknown(), null, null), TARGET);
    private final Story answer = new Story(() -> result().complete(CheckResult.PASSED));
    private final Story timer = new Story(() -> timeIsUp().run());
    private final CompletableFuture<CheckResult> result = new CompletableFuture<>() {
        @Override
        public CompletableFuture<CheckResult> whenComplete(BiConsumer<? super CheckResult, ? super Throwable> action) {
            happen(Moment.BEFORE_ITS_ANSWER_IS_AWAITED);
            return super.whenComplete(action);
        }
    };
    private Runnable timeIsUp = () -> {};
    private boolean timerFirst;

    /** When something can happen, in the order of the thread that runs the check. */
    enum Moment {
        WHEN_THE_TIMER_IS_SET,
        WITHIN_THE_CHECK,
        BEFORE_ITS_ANSWER_IS_AWAITED,
        AFTERWARDS,
        NEVER
    }

    /** Something that happens at most once. */
    private static final class Story {
        private final Runnable event;
        private Moment moment = Moment.NEVER;
        private boolean cancelled;

        Story(Runnable event) {
            this.event = event;
        }

        void at(Moment now) {
            if (moment == now && !cancelled) {
                event.run();
            }
        }
    }

    private CompletableFuture<CheckResult> result() {
        return result;
    }

    private Runnable timeIsUp() {
        return timeIsUp;
    }

    private void happen(Moment now) {
        (timerFirst ? timer : answer).at(now);
        (timerFirst ? answer : timer).at(now);
    }

    private Scheduler.Scheduled schedule(long delayNanos, Runnable task) {
        timeIsUp = task;
        happen(Moment.WHEN_THE_TIMER_IS_SET);
        return () -> timer.cancelled = true;
    }

    private void run(HealthCheck check) {
        run.run(check, new Environment(() -> 0, this::schedule, Runnable::run, new Random(1)), (of, how) -> {
            assertThat(of).isSameAs(run);
            reports.add(how);
        });
        happen(Moment.AFTERWARDS);
    }

    @ParameterizedTest
    @EnumSource(Moment.class)
    void itEndsOnceWheneverTheTimeIsUpAndWheneverTheAnswerComes(Moment timeIsUpAt) {
        for (Moment answeredAt : Moment.values()) {
            for (boolean first : new boolean[] {true, false}) {
                CheckRunTest one = new CheckRunTest();
                one.timer.moment = timeIsUpAt;
                one.answer.moment = answeredAt;
                one.timerFirst = first;
                one.run(target -> {
                    one.happen(Moment.WITHIN_THE_CHECK);
                    return one.result;
                });

                String story = "time is up " + timeIsUpAt + ", answer " + answeredAt + ", timer first: " + first;
                boolean neither = timeIsUpAt == Moment.NEVER && answeredAt == Moment.NEVER;
                assertThat(one.reports).as(story).hasSize(neither ? 0 : 1);
                assertThat(one.run.isStuck()).as(story).isFalse();
                boolean gaveUp = !neither && one.reports.get(0).kind() == CheckResult.Kind.FAILED;
                assertThat(one.result.isDone())
                        .as("%s: nothing is left running", story)
                        .isEqualTo(!neither);
                assertThat(one.timer.cancelled)
                        .as("%s: no timer is left", story)
                        .isEqualTo(!neither && !gaveUp);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"WHEN_THE_TIMER_IS_SET", "WITHIN_THE_CHECK", "AFTERWARDS", "NEVER"})
    void aCheckThatThrowsEndsOnceAsWell(Moment timeIsUpAt) {
        timer.moment = timeIsUpAt;
        run(target -> {
            happen(Moment.WITHIN_THE_CHECK);
            throw new IllegalStateException("broken");
        });

        assertThat(reports)
                .singleElement()
                .satisfies(how -> assertThat(how.kind()).isEqualTo(CheckResult.Kind.FAILED));
    }
}
