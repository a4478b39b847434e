package dev.evenkeel.lb.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.evenkeel.lb.testkit.FakeContext;
import dev.evenkeel.lb.testkit.FakeNode;
import dev.evenkeel.lb.testkit.KeyedPolicyContract;
import dev.evenkeel.lb.testkit.ScriptedRandom;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class RendezvousTest implements KeyedPolicyContract {
    @Override
    public Rendezvous policy() {
        return LoadBalancingPolicy.rendezvous();
    }

    /** Nothing but the accident of which keys a test draws. */
    @Override
    public double unevenness() {
        return 0.05;
    }

    @Property(tries = 20)
    void keysFollowTheWeightsAsDiceDo(@ForAll("weights") double[] weights, @ForAll long seed) {
        List<FakeNode> nodes = FakeNode.weighted(weights);
        int[] picks = picks(nodes, seed, 20_000);
        double total = Arrays.stream(weights).sum();
        double chiSquare = 0;
        for (int i = 0; i < weights.length; i++) {
            double expected = 20_000 * weights[i] / total;
            chiSquare += Math.pow(picks[i] - expected, 2) / expected;
        }
        int freedom = weights.length - 1;

        assertThat((chiSquare - freedom) / Math.sqrt(2.0 * freedom)).isLessThan(6);
    }

    @Property(tries = 50)
    void onlyTheKeysOfWhoLeavesMoveAndOnlyToWhoJoins(
            @ForAll("weights") double[] weights, @ForAll @IntRange(min = 0, max = 19) int which, @ForAll long seed) {
        List<FakeNode> nodes = FakeNode.weighted(weights);
        FakeNode leaves = nodes.get(which % nodes.size());
        List<FakeNode> others = nodes.stream().filter(node -> node != leaves).toList();
        Picker with = policy().newPicker(nodes, ScriptedRandom.seeded(1));
        Picker without = policy().newPicker(others, ScriptedRandom.seeded(1));

        for (long key : new SplittableRandom(seed).longs(500).toArray()) {
            Node node = with.pick(FakeContext.withKey(key), 0);
            if (node != leaves) {
                assertThat(without.pick(FakeContext.withKey(key), 0)).isSameAs(node);
            }
        }
    }

    /** A weight that grows takes keys, and gives none; each key that moves goes there. */
    @Property(tries = 50)
    void aWeightThatGrowsOnlyTakesKeys(@ForAll("weights") double[] weights, @ForAll long seed) {
        List<FakeNode> nodes = FakeNode.weighted(weights);
        Picker before = policy().newPicker(nodes, ScriptedRandom.seeded(1));
        FakeNode grows = nodes.get(0);
        grows.weight(2 * grows.weight());
        Picker after = policy().newPicker(nodes, ScriptedRandom.seeded(1));

        for (long key : new SplittableRandom(seed).longs(500).toArray()) {
            Node node = after.pick(FakeContext.withKey(key), 0);
            assertThat(node == grows || node == before.pick(FakeContext.withKey(key), 0))
                    .isTrue();
        }
    }

    @Test
    void keysThatAreNumberedSpreadAsWell() {
        List<FakeNode> nodes = FakeNode.many(10);
        Picker picker = policy().newPicker(nodes, ScriptedRandom.seeded(1));
        int[] picks = new int[10];
        for (int key = 0; key < 100_000; key++) {
            picks[nodes.indexOf(picker.pick(FakeContext.withKey(key), 0))]++;
        }

        assertThat(Arrays.stream(picks)).allMatch(count -> count > 9_500 && count < 10_500);
    }

    @Test
    void theLightestWeightsAreNotNothing() {
        List<FakeNode> nodes = FakeNode.weighted(Double.MIN_VALUE, Double.MIN_VALUE);

        assertThat(Arrays.stream(picks(nodes, 1, 1_000))).allMatch(count -> count > 0);
    }

    @Test
    void refusesWhatMakesNoSense() {
        assertThatThrownBy(() -> policy().boundedLoad(-1)).hasMessageStartingWith("boundedLoad is -1.0, must be more");
        assertThatThrownBy(() -> policy().fallback(policy())).hasMessageStartingWith("fallback is rendezvous()");
    }

    @Test
    void saysWhatItIs() {
        assertThat(policy().boundedLoad(1.25))
                .hasToString("rendezvous().fallback(leastLoaded(PEAK_EWMA).draws(2)).boundedLoad(1.25)");
    }

    @Provide
    Arbitrary<double[]> weights() {
        return Arbitraries.doubles()
                .between(0.1, 10)
                .ofScale(1)
                .array(double[].class)
                .ofMinSize(2)
                .ofMaxSize(20);
    }

    private int[] picks(List<FakeNode> nodes, long seed, int keys) {
        Picker picker = policy().newPicker(nodes, ScriptedRandom.seeded(1));
        int[] picks = new int[nodes.size()];
        for (long key : new SplittableRandom(seed).longs(keys).toArray()) {
            picks[nodes.indexOf(picker.pick(FakeContext.withKey(key), 0))]++;
        }
        return picks;
    }
}
