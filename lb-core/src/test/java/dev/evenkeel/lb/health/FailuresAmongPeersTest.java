package dev.evenkeel.lb.health;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.endpoint.Endpoint;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What fails everywhere is held against no endpoint. */
class FailuresAmongPeersTest {
    private static EndpointStats stats(int index, long successes, long failures, long pushbacks) {
        return new EndpointStats(
                Endpoint.of("10.0.0." + index, 80),
                successes,
                failures,
                pushbacks,
                10,
                0,
                0,
                false,
                5e6,
                EndpointStats.Peers.UNKNOWN);
    }

    /** Returns whether an endpoint is named that has so many failures, among nine peers. */
    private static boolean isNamed(long successes, long failures, EndpointStats peer) {
        List<EndpointStats> peers = IntStream.range(0, 9)
                .mapToObj(i -> stats(i, peer.successes(), peer.failures(), peer.pushbacks()))
                .toList();
        List<EndpointStats> all = Stream.concat(peers.stream(), Stream.of(stats(77, successes, failures, 0)))
                .toList();
        return FailurePercentage.DEFAULT.detect(all).stream()
                .anyMatch(verdict -> verdict.endpoint().host().equals("10.0.0.77"));
    }

    @Test
    void halfOfTheAttemptsFailingIsTooManyWherePeersAreWell() {
        assertThat(isNamed(50, 50, stats(0, 100, 0, 0))).isTrue();
        assertThat(isNamed(51, 49, stats(0, 100, 0, 0))).isFalse();
    }

    @Test
    void wherePeersFailAsWellOnlyHalfOfWhatIsLeftOfGoodAnswersIsTooFew() {
        EndpointStats halfBad = stats(0, 50, 50, 0);

        assertThat(isNamed(50, 50, halfBad)).isFalse();
        assertThat(isNamed(30, 70, halfBad)).isFalse();
        assertThat(isNamed(20, 80, halfBad)).isTrue();
    }

    @Test
    void whatPeersTurnAwayCountsLikeTheirFailures() {
        assertThat(isNamed(40, 60, stats(0, 50, 0, 50))).isFalse();
        assertThat(isNamed(10, 90, stats(0, 50, 0, 50))).isTrue();
    }

    @Test
    void amongFewAttemptsBadLuckIsNotHeldAgainstOneOfMany() {
        assertThat(isNamed(3, 7, stats(0, 60, 40, 0)))
                .as("seven of ten, where four of ten are usual")
                .isFalse();
        assertThat(isNamed(30, 170, stats(0, 60, 40, 0))).isTrue();
    }
}
