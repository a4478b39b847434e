package dev.evenkeel.lb.sim;

import static dev.evenkeel.lb.sim.Fleets.millis;
import static dev.evenkeel.lb.sim.Fleets.seconds;
import static dev.evenkeel.lb.sim.Target.server;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A server that answers badly once is as good as any other: soon afterwards it has its share again, whoever calls it, how often, and however
 * many servers there are, and no caller has noticed more than the one answer.
 */
class OneBadAnswerStoriesTest {
    private static final double MOST_CALLS_PER_SECOND = 4_000;
    private static final double BEGIN = 3;
    private static final Duration DEADLINE = seconds(5);
    private static final int SEEDS = 3;

    /** How long after the last bad answer the server must have its share. */
    private static final double GRACE = 6;

    /** So many picks that chance alone does not take half of them away. */
    private static final double ENOUGH_PICKS = 40;

    /**
     * Callers, servers and the bad answer.
     *
     * @param rate calls a second of each client
     * @param lasts until when a bad answer is known to be bad, in seconds
     */
    private record Story(Blip blip, double lasts, int clients, double rate, int servers) {
        double picksPerSecond() {
            return clients * rate / servers;
        }

        /** Returns until when bad answers may begin: nearly all clients have come by till then. */
        double end() {
            return BEGIN + Math.max(1, 3 * servers / rate);
        }

        double from() {
            return end() + lasts + GRACE;
        }

        double length() {
            return from() + Math.max(5, ENOUGH_PICKS / picksPerSecond());
        }

        Result run(long seed) {
            int workers = (int) (4 + 3 * picksPerSecond() * 0.005);
            return Simulation.of(seed)
                    .servers(servers, Servers.workers(workers).serviceTime(ServiceTime.logNormal(millis(5), 0.3)))
                    .clients(clients, Clients.ratePerSecond(rate).deadline(DEADLINE))
                    .between(seconds(BEGIN), seconds(end()), Fault.blip(server(1), blip))
                    .run(seconds(Math.ceil(length())));
        }

        @Override
        public String toString() {
            return blip + ", " + clients + " × " + rate + "/s, " + servers + " servers";
        }
    }

    private static Stream<Blip> blips() {
        return Stream.of(Blip.error(), Blip.lateAnswer(seconds(3)), Blip.noAnswer())
                .flatMap(blip -> Stream.of(blip, blip.perClient()));
    }

    private static double lasts(Blip blip) {
        return blip.losesAnswer() ? DEADLINE.toSeconds() : blip.lateNanos() / 1e9;
    }

    private static List<Story> stories(Blip blip) {
        List<Story> stories = new ArrayList<>();
        for (int clients : new int[] {1, 20}) {
            for (double rate : new double[] {5, 40, 800}) {
                for (int servers : new int[] {3, 10, 100}) {
                    if (clients * rate <= MOST_CALLS_PER_SECOND) {
                        stories.add(new Story(blip, lasts(blip), clients, rate, servers));
                    }
                }
            }
        }
        return stories;
    }

    @ParameterizedTest
    @MethodSource("blips")
    void aServerThatAnswersBadlyOnceHasItsShareAgainAndNoCallFailsThatMayBeRepeated(Blip blip) {
        SoftAssertions all = new SoftAssertions();
        for (Story story : stories(blip)) {
            double share = 0;
            for (int seed = 1; seed <= SEEDS; seed++) {
                Result result = story.run(seed);
                share += result.between(seconds(story.from()), seconds(Math.ceil(story.length())))
                                .share(1)
                        * story.servers()
                        / SEEDS;
                // No answer by the deadline is the one end that cannot be repeated: there is no time left.
                Set<String> excused = blip.losesAnswer() ? Set.of("deadline") : Set.of();
                all.assertThat(excused)
                        .as("%s, seed %s", story, seed)
                        .containsAll(result.failures().keySet());
                all.assertThat(result.whole().failures())
                        .as("%s, seed %s", story, seed)
                        .isLessThanOrEqualTo(blip.isPerClient() ? story.clients() : 1);
            }
            all.assertThat(share).as(story.toString()).isBetween(0.5, 1.7);
        }
        all.assertAll();
    }
}
