package dev.evenkeel.lb.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.evenkeel.lb.health.FailuresElsewhere.Tally;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class FailuresElsewhereTest {
    private static final Offset<Double> EXACTLY = within(1e-9);
    private static final Tally WELL = new Tally(100, 0);

    private static double share(Tally own, Tally... others) {
        List<Tally> all = new ArrayList<>(List.of(others));
        all.add(own);
        return new FailuresElsewhere(all, 0).share(own);
    }

    @Test
    void wherePeersAreAlikeItIsTheirShare() {
        Tally tenth = new Tally(90, 10);
        assertThat(share(new Tally(0, 50), tenth, tenth, tenth, tenth)).isCloseTo(0.1, EXACTLY);
        assertThat(share(WELL, tenth, tenth, tenth, tenth)).isCloseTo(0.1, EXACTLY);
    }

    @Test
    void oneThatIsAloneHasNoPeers() {
        assertThat(share(new Tally(10, 10))).isZero();
    }

    @Test
    void whereMostPeersFailATenthOrMoreItIsTheShareAtTheWorseHalf() {
        Tally full = new Tally(40, 60);
        assertThat(share(new Tally(35, 65), full, full, new Tally(90, 10), new Tally(90, 10)))
                .isCloseTo(0.6, EXACTLY);
        assertThat(share(new Tally(35, 65), full, full, new Tally(91, 9), new Tally(91, 9)))
                .isCloseTo(138 / 400.0, EXACTLY);
    }

    @Test
    void aMinorityThatFailsExcusesLittle() {
        Tally bad = new Tally(10, 90);
        assertThat(share(bad, bad, bad, bad, WELL, WELL, WELL, WELL, WELL)).isCloseTo(270 / 800.0, EXACTLY);
    }

    /** With five dead of ten each of the dead would otherwise be excused by the others for ever. */
    @Test
    void peersThatGiveNoGoodAnswerCountOnlyInTheShareOfAll() {
        Tally dead = new Tally(0, 100);
        assertThat(share(dead, dead, dead, WELL, WELL, WELL)).isCloseTo(2 / 5.0, EXACTLY);
    }

    @Test
    void eachEndpointIsCreditedWithSomeGoodAttempts() {
        List<Tally> all = List.of(new Tally(0, 0), new Tally(1, 3), new Tally(2, 0), new Tally(0, 0));
        assertThat(new FailuresElsewhere(all, 2).share(all.get(0))).isCloseTo(3 / 12.0, EXACTLY);
        assertThat(new FailuresElsewhere(all, 2).share(all.get(1))).isZero();
    }

    @Property
    void itIsWhatCountingThePeersOneByOneYields(
            @ForAll @Size(min = 1, max = 12) List<@IntRange(max = 6) Integer> good,
            @ForAll @Size(12) List<@IntRange(max = 6) Integer> bad,
            @ForAll @IntRange(max = 3) int credit) {
        List<Tally> all = new ArrayList<>();
        for (int i = 0; i < good.size(); i++) {
            all.add(new Tally(good.get(i), bad.get(i)));
        }
        FailuresElsewhere elsewhere = new FailuresElsewhere(all, credit);
        for (int i = 0; i < all.size(); i++) {
            List<Tally> peers = new ArrayList<>(all);
            peers.remove(i);
            double pooled = pooled(peers.stream(), credit);
            double oneWay = Math.max(pooled, worseHalf(peers, credit, Comparator.naturalOrder()));
            double otherWay = Math.max(pooled, worseHalf(peers, credit, Comparator.reverseOrder()));
            assertThat(elsewhere.share(all.get(i)))
                    .isBetween(Math.min(oneWay, otherWay) - 1e-9, Math.max(oneWay, otherWay) + 1e-9);
        }
    }

    /** Peers with the same share may have a different weight, and any of them may be the last of the worse half. */
    private static double worseHalf(List<Tally> peers, int credit, Comparator<Long> ties) {
        List<Tally> sorted = peers.stream()
                .filter(tally -> tally.good() > 0)
                .sorted(Comparator.comparingDouble((Tally tally) -> -pooled(Stream.of(tally), credit))
                        .thenComparing(tally -> tally.good() + tally.bad(), ties))
                .toList();
        int half = sorted.size() / 2;
        return half == 0 || pooled(Stream.of(sorted.get(half)), credit) < 0.1
                ? 0
                : pooled(sorted.stream().limit(half), credit);
    }

    private static double pooled(Stream<Tally> tallies, int credit) {
        long[] sum = new long[2];
        tallies.forEach(tally -> {
            sum[0] += tally.bad();
            sum[1] += tally.good() + tally.bad() + credit;
        });
        return sum[0] == 0 ? 0 : (double) sum[0] / sum[1];
    }
}
