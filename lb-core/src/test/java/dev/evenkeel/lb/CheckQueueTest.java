package dev.evenkeel.lb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.health.CheckTarget;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class CheckQueueTest {
    private static final CheckRun A = run("10.0.0.1:80");
    private static final CheckRun B = run("10.0.0.2:80");
    private static final CheckRun C = run("10.0.0.3:80");
    private static final CheckRun D = run("10.0.0.4:80");

    private final Deque<Runnable> threads = new ArrayDeque<>();
    private final List<CheckRun> begun = new ArrayList<>();
    private final List<CheckRun> abandoned = new ArrayList<>();
    private Consumer<CheckRun> check = begun::add;
    private final CheckQueue queue = new CheckQueue(threads::add, run -> check.accept(run), abandoned::add);

    private static CheckRun run(String id) {
        Endpoint endpoint = Endpoint.of(id);
        return new CheckRun(
                new TrackedNode(endpoint, Usual.unknown(), null, null),
                new CheckTarget("orders.svc", endpoint, Duration.ofSeconds(1)));
    }

    @Test
    void theChecksOfATurnShareAThread() {
        queue.start(List.of(A, B, C));

        assertThat(threads).hasSize(1);
        threads.remove().run();
        assertThat(begun).containsExactly(A, B, C);
    }

    @Test
    void aTurnWithoutChecksNeedsNoThread() {
        queue.start(List.of());

        assertThat(threads).isEmpty();
    }

    /** While a check keeps its thread, the next turn is due: that is what one that hangs looks like from outside. */
    @Test
    void whatWaitsBehindACheckThatKeepsItsThreadGetsThreadsOfItsOwnAtTheNextTurn() {
        check = run -> {
            begun.add(run);
            if (run == A) {
                queue.start(List.of(D));
                assertThat(threads)
                        .as("two for those left over, one for the new")
                        .hasSize(3);
                check = begun::add;
                threads.remove().run();
                assertThat(begun).as("while A hangs").containsExactly(A, B, C, D);
            }
        };
        queue.start(List.of(A, B, C));
        threads.remove().run();

        threads.forEach(Runnable::run);
        assertThat(begun).as("once each").containsExactly(A, B, C, D);
    }

    @Test
    void whatWaitsBehindACheckThatHangsGetsAThreadThoughNothingElseIsDue() {
        check = run -> {
            queue.start(List.of());
            check = begun::add;
            threads.remove().run();
            assertThat(begun).containsExactly(B);
        };
        queue.start(List.of(A, B));
        threads.remove().run();
    }

    @Test
    void threadsThatAreSlowToComeAreNotAskedForAgain() {
        queue.start(List.of(A, B));
        for (int turn = 0; turn < 100; turn++) {
            queue.start(List.of());
        }
        assertThat(threads).as("one for each check").hasSize(2);

        threads.forEach(Runnable::run);
        threads.clear();
        queue.start(List.of(C));
        assertThat(threads).hasSize(1);
    }

    @Test
    void whatThereIsNoThreadForIsAbandoned() {
        CheckQueue refused = new CheckQueue(
                task -> {
                    throw new RejectedExecutionException("full");
                },
                begun::add,
                abandoned::add);
        refused.start(List.of(A, B));

        assertThat(abandoned).containsExactly(A, B);
        refused.start(List.of(C));
        assertThat(abandoned).containsExactly(A, B, C);
    }

    @Test
    void whatCouldNotBeStartedForAnotherReasonIsStartedAtTheNextTurn() {
        boolean[] broken = {true};
        CheckQueue flaky = new CheckQueue(
                task -> {
                    if (broken[0]) {
                        throw new OutOfMemoryError("unable to create native thread");
                    }
                    threads.add(task);
                },
                begun::add,
                abandoned::add);
        assertThatThrownBy(() -> flaky.start(List.of(A))).isInstanceOf(OutOfMemoryError.class);

        broken[0] = false;
        flaky.start(List.of());
        threads.remove().run();
        assertThat(begun).containsExactly(A);
    }
}
