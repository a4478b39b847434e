package dev.evenkeel.lb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.evenkeel.lb.endpoint.Endpoint;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class UsualTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long SLOT = SECOND / 8;
    private static final long MILLI = 1_000_000L;

    private final AtomicLong answered = new AtomicLong();
    private final Usual usual = new Usual(answered::get, 0);

    private void fail(int times, long now) {
        IntStream.range(0, times).forEach(i -> usual.failed(1, now));
    }

    @Test
    void theFirstFailureAnywhereIsNotUsualAsEachEndpointIsCreditedWithTwoGoodAttempts() {
        fail(1, 0);
        assertThat(usual.othersFailures(0)).isCloseTo(1 / 3.0, within(1e-9));

        usual.setEndpoints(50);
        assertThat(usual.othersFailures(0)).isCloseTo(1 / 101.0, within(1e-9));
    }

    @Test
    void anEndpointsOwnFailuresCountNeitherAsBadNorAtAll() {
        usual.setEndpoints(10);
        answered.set(60);
        fail(20, 0);

        assertThat(usual.othersFailures(0)).isCloseTo(20 / 100.0, within(1e-9));
        assertThat(usual.othersFailures(15)).isCloseTo(5 / 85.0, within(1e-9));
        assertThat(usual.othersFailures(20)).isZero();
        assertThat(usual.othersFailures(1000)).as("of which most are long past").isZero();
    }

    @Test
    void refusalsAreUselessButNoFailuresAndNoGoodAnswers() {
        usual.setEndpoints(5);
        answered.set(30);
        IntStream.range(0, 10).forEach(i -> usual.rejected());
        IntStream.range(0, 10).forEach(i -> usual.passed());
        fail(10, 0);

        assertThat(usual.othersUseless(0)).isCloseTo(30 / 60.0, within(1e-9));
        assertThat(usual.othersFailures(0)).isCloseTo(10 / 40.0, within(1e-9));
        assertThat(usual.peers(0).attempts()).isEqualTo(50);
    }

    @Test
    void whatHappenedMoreThanASecondAgoIsForgotten() {
        fail(30, 0);
        usual.refresh(List.of(), SECOND - 2 * SLOT);
        assertThat(usual.othersFailures(0)).isPositive();

        usual.refresh(List.of(), SECOND + SLOT);
        assertThat(usual.othersFailures(0)).isZero();
        assertThat(usual.othersUseless(0)).isZero();
        assertThat(usual.peers(0).attempts()).isZero();
    }

    @Test
    void afterALongSilenceNothingOldIsLeft() {
        fail(30, 0);
        fail(1, 100 * SECOND);

        assertThat(usual.peers(0).attempts()).isOne();
    }

    @Test
    void aRowIsUnusualTheSoonerTheLessFailsElsewhere() {
        assertThat(usual.isUnusual(1, 0.002)).isTrue();
        assertThat(usual.isUnusual(1, 0.01)).isFalse();
        assertThat(usual.isUnusual(2, 0.1)).isFalse();
        assertThat(usual.isUnusual(3, 0.1)).isTrue();
        assertThat(usual.isUnusual(4, 0.25)).isFalse();
        assertThat(usual.isUnusual(5, 0.25)).isTrue();
        assertThat(usual.isUnusual(100_000, 1)).isFalse();
    }

    @Test
    void anOverloadIsWhereAnswersTakeLongerThanTheyDidAndAttemptsFail() {
        TrackedNode node = new TrackedNode(Endpoint.of("10.0.0.1:80"), usual, null, null);
        long now = 0;
        answered.set(100);
        IntStream.range(0, 200).forEach(i -> node.ledger().succeed(10 * MILLI, 0));
        usual.refresh(List.of(node), now);
        assertThat(usual.isOverloaded()).isFalse();

        IntStream.range(0, 2000).forEach(i -> node.ledger().succeed(40 * MILLI, 0));
        usual.refresh(List.of(node), now);
        assertThat(usual.isOverloaded()).as("slow alone").isFalse();

        fail(50, now);
        usual.refresh(List.of(node), now);
        assertThat(usual.isOverloaded()).isTrue();

        usual.refresh(List.of(node), now + 3 * SECOND);
        assertThat(usual.isOverloaded()).as("nothing fails any more").isFalse();
    }

    @Test
    void failuresAloneAreNoOverload() {
        TrackedNode node = new TrackedNode(Endpoint.of("10.0.0.1:80"), usual, null, null);
        node.ledger().succeed(10 * MILLI, 0);
        fail(50, 0);
        usual.refresh(List.of(node), 0);

        assertThat(usual.isOverloaded()).isFalse();
    }
}
