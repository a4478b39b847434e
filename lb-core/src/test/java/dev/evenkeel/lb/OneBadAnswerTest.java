package dev.evenkeel.lb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.call.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** One bad answer is not held against an endpoint for long; one bad answer after the other is, and trials become rare. */
class OneBadAnswerTest {
    private static final String BAD = "10.0.0.0:80";

    /** What happens once. */
    enum Answer {
        FAILURE(1, false, 10),
        TIMEOUT(1000, false, 10),
        SLOW_AT_FIRST(400, true, 6),
        SLOW(3000, false, 10);

        private final long millis;
        private final boolean first;
        private final long usualMillis;

        Answer(long millis, boolean first, long usualMillis) {
            this.millis = millis;
            this.first = first;
            this.usualMillis = usualMillis;
        }

        Outcome outcome() {
            return switch (this) {
                case FAILURE -> TestService.HTTP_503;
                case TIMEOUT -> Outcome.of(Outcome.Kind.TIMED_OUT, "no answer");
                case SLOW_AT_FIRST, SLOW -> Outcome.SUCCESS;
            };
        }
    }

    /** Fewer than twenty attempts in 30 s show no share. */
    static Stream<Arguments> cases() {
        return Stream.of(Answer.values())
                .flatMap(answer -> IntStream.of(5, 40, 800)
                        .boxed()
                        .flatMap(rate -> IntStream.of(3, 10, 100)
                                .filter(size -> 30 * rate / size >= 20)
                                .mapToObj(size -> Arguments.of(answer, rate, size))));
    }

    private static TestService service(int size) {
        return TestService.of(
                IntStream.range(0, size).mapToObj(i -> "10.0.0." + i + ":80").toArray(String[]::new));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void sixSecondsAfterOneBadAnswerAnEndpointThatIsWellHasItsShare(Answer answer, int rate, int size) {
        TestService service = service(size);
        long[] badAt = {-1};
        int counted = 0;
        int atBad = 0;
        int warmUp = answer.first ? 0 : 10 * rate;
        int last = Integer.MAX_VALUE;
        for (int i = 0; i < last && i < 200 * rate; i++) {
            Attempt attempt = service.attempt();
            boolean toBad = attempt.endpoint().id().equals(BAD);
            long now = service.time.elapsed().toNanos();
            boolean isIt = toBad && badAt[0] < 0 && i >= warmUp;
            long millis = isIt ? answer.millis : answer.usualMillis;
            if (isIt) {
                badAt[0] = now + Duration.ofMillis(millis).toNanos();
                last = i + (int) (rate * (millis / 1000.0 + 36));
            }
            if (badAt[0] >= 0 && now >= badAt[0] + 6_000_000_000L) {
                counted++;
                atBad += toBad ? 1 : 0;
            }
            service.time.schedule(
                    Duration.ofMillis(millis).toNanos(),
                    () -> attempt.complete(isIt ? answer.outcome() : Outcome.SUCCESS));
            service.advance(Duration.ofSeconds(1).dividedBy(rate));
        }
        assertThat(counted).isGreaterThan(29 * rate);
        assertThat((double) atBad * size / counted).isBetween(0.5, 1.6);
    }

    static Stream<Arguments> lastingCases() {
        return Stream.of(Answer.FAILURE, Answer.SLOW)
                .flatMap(answer -> IntStream.of(40, 800)
                        .boxed()
                        .flatMap(rate -> IntStream.of(3, 10).mapToObj(size -> Arguments.of(answer, rate, size))));
    }

    @ParameterizedTest
    @MethodSource("lastingCases")
    void whoStaysBadIsTriedEverLessOften(Answer answer, int rate, int size) {
        TestService service = service(size);
        List<Long> atBad = new ArrayList<>();
        for (int i = 0; i < 670 * rate; i++) {
            boolean isBad = i >= 10 * rate;
            Attempt attempt = service.attempt();
            boolean toBad = isBad && attempt.endpoint().id().equals(BAD);
            if (toBad) {
                atBad.add((long) (i - 10 * rate) / rate);
            }
            service.time.schedule(
                    Duration.ofMillis(toBad ? answer.millis : answer.usualMillis)
                            .toNanos(),
                    () -> attempt.complete(toBad ? answer.outcome() : Outcome.SUCCESS));
            service.advance(Duration.ofSeconds(1).dividedBy(rate));
        }
        // In the first second some are sent before the first of them is late.
        assertThat(atBad.stream().filter(second -> second >= 1 && second < 60)).hasSizeBetween(1, 6);
        assertThat(atBad.stream().filter(second -> second >= 60)).hasSizeBetween(1, 25);
    }
}
