package dev.evenkeel.lb.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.testkit.FakeContext;
import dev.evenkeel.lb.testkit.FakeNode;
import dev.evenkeel.lb.testkit.KeyedPolicyContract;
import dev.evenkeel.lb.testkit.ScriptedRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class MaglevTest implements KeyedPolicyContract {
    @Override
    public Maglev policy() {
        return LoadBalancingPolicy.maglev();
    }

    /** The table is exact to 1 in 6,500; the rest is the accident of which keys a test draws. */
    @Override
    public double unevenness() {
        return 0.05;
    }

    /** The tables that stand in Envoy's maglev_lb_test.cc. */
    @Test
    void theTableIsThatOfEnvoy() {
        assertThat(table(local(1, 1, 1, 1, 1, 1), 7)).containsExactly(2, 4, 0, 1, 5, 0, 3);
        assertThat(table(named("90", "91", "92", "93", "94", "95"), 7)).containsExactly(2, 5, 0, 3, 4, 1, 0);
        assertThat(table(local(1), 7)).containsOnly(0);
    }

    @Test
    void weightsCountAsInEnvoy() {
        assertThat(table(local(1, 2), 17)).containsExactly(1, 0, 0, 1, 0, 1, 1, 0, 1, 1, 1, 1, 1, 0, 1, 0, 1);
        assertThat(table(local(1, 1), 17)).containsExactly(1, 0, 0, 1, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0, 1, 0, 1);
        assertThat(table(local(8, 2), 17)).containsExactly(1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0);
    }

    @Test
    void theOrderOfTheListDoesNotMatterWhateverTheWeights() {
        List<Endpoint> endpoints = local(3, 1, 4, 1, 5, 9, 2, 6);
        List<Endpoint> shuffled = new ArrayList<>(endpoints);
        Collections.shuffle(shuffled, new Random(1));

        assertThat(Arrays.stream(table(shuffled, 1009)).mapToObj(shuffled::get))
                .containsExactlyElementsOf(Arrays.stream(table(endpoints, 1009))
                        .mapToObj(endpoints::get)
                        .toList());
    }

    /** Envoy's loop, which asks everybody in every round. */
    @Property(tries = 200)
    void turnsAreThoseOfAskingEverybodyInEveryRound(@ForAll("weights") double[] weights) {
        double total = Arrays.stream(weights).sum();
        double[] shares = Arrays.stream(weights).map(weight -> weight / total).toArray();
        double heaviest = Arrays.stream(shares).max().orElseThrow();
        double[] due = new double[shares.length];
        Rounds rounds = new Rounds(shares, 500);
        int turns = 0;
        for (int round = 1; turns < 500; round++) {
            for (int i = 0; i < shares.length && turns < 500; i++) {
                if (round * shares[i] >= due[i]) {
                    due[i] += heaviest;
                    turns++;
                    assertThat(rounds.next()).isEqualTo(i);
                }
            }
        }
    }

    @Property(tries = 30)
    void whenOneLeavesFewOtherKeysMove(
            @ForAll @IntRange(min = 2, max = 200) int n, @ForAll @IntRange(min = 0, max = 199) int which) {
        List<Endpoint> before = local(n);
        List<Endpoint> after = new ArrayList<>(before);
        after.remove(which % n);
        int[] with = table(before, 65_537);
        int[] without = table(after, 65_537);
        int moved = 0;
        for (int i = 0; i < with.length; i++) {
            Endpoint owner = before.get(with[i]);
            if (with[i] != which % n && !owner.equals(after.get(without[i]))) {
                moved++;
            }
        }

        // The paper measures about as many with 65,537 entries: figure 12.
        assertThat(moved / 65_537.0).isLessThan(0.03);
    }

    @Property(tries = 50)
    void everyEndpointHasItsShareOfEntriesButOne(@ForAll("weights") double[] weights) {
        double total = Arrays.stream(weights).sum();
        int[] entries = new int[weights.length];
        for (int owner : table(local(weights), 65_537)) {
            entries[owner]++;
        }

        double heaviest = Arrays.stream(weights).max().orElseThrow();
        for (int i = 0; i < weights.length; i++) {
            // Everybody has a turn in the first round, for which those pay who have turns later.
            double slack = 1 + weights.length * weights[i] / heaviest;
            assertThat((double) entries[i])
                    .isBetween(65_537 * weights[i] / total - slack - 1, 65_537 * weights[i] / total + slack);
            assertThat(entries[i]).isPositive();
        }
    }

    @Property(tries = 100)
    void aWalkComesToEveryEntry(@ForAll long key, @ForAll("primes") int size) {
        MaglevTable table = new MaglevTable(local(1, 2, 3), size);
        Set<Integer> places = new HashSet<>();
        int place = table.first(key);
        for (int i = 0; i < size; i++) {
            places.add(place);
            place = table.next(place, key);
        }

        assertThat(places).hasSize(size).allMatch(each -> each >= 0 && each < size);
    }

    @Test
    void theTableGrowsWithMoreEndpointsThanEntries() {
        List<FakeNode> nodes = FakeNode.many(20);
        Picker picker = policy().tableSize(7).newPicker(nodes, ScriptedRandom.seeded(1));
        Set<Node> picked = new HashSet<>();
        for (long key : new SplittableRandom(1).longs(2_000).toArray()) {
            picked.add(picker.pick(FakeContext.withKey(key), 0));
        }

        assertThat(picked).hasSize(20);
    }

    @Test
    void refusesWhatIsNoPrime() {
        for (int size : new int[] {-7, 0, 1, 4, 65_536, 5_000_011 + 2}) {
            assertThatThrownBy(() -> policy().tableSize(size))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("tableSize is " + size + ", must be a prime number of 2 to 5000011, such as 65537");
        }
        assertThat(policy().tableSize(2).tableSize()).isEqualTo(2);
        assertThat(policy().tableSize(Maglev.LARGEST).tableSize()).isEqualTo(5_000_011);
        assertThatThrownBy(() -> policy().boundedLoad(0.5)).hasMessageStartingWith("boundedLoad is 0.5");
    }

    @Test
    void saysWhatItIs() {
        assertThat(policy()).hasToString("maglev().tableSize(65537).fallback(leastLoaded(PEAK_EWMA).draws(2))");
        assertThat(policy().fallback(LoadBalancingPolicy.random()).boundedLoad(2))
                .hasToString("maglev().tableSize(65537).fallback(random()).boundedLoad(2.0)");
    }

    @Provide
    Arbitrary<Integer> primes() {
        return Arbitraries.of(2, 3, 5, 7, 17, 251, 1009);
    }

    @Provide
    Arbitrary<double[]> weights() {
        return Arbitraries.doubles()
                .between(1e-6, 1e6)
                .ofScale(6)
                .array(double[].class)
                .ofMinSize(1)
                .ofMaxSize(50);
    }

    private static int[] table(List<Endpoint> endpoints, int size) {
        MaglevTable table = new MaglevTable(endpoints, size);
        return IntStream.range(0, size)
                .map(key -> table.endpointAt(table.first(key)))
                .toArray();
    }

    private static List<Endpoint> local(int n) {
        return IntStream.range(0, n)
                .mapToObj(i -> Endpoint.of("127.0.0.1", 90 + i))
                .toList();
    }

    private static List<Endpoint> local(double... weights) {
        return IntStream.range(0, weights.length)
                .mapToObj(i -> Endpoint.of("127.0.0.1", 90 + i).withWeight(weights[i]))
                .toList();
    }

    private static List<Endpoint> named(String... names) {
        return IntStream.range(0, names.length)
                .mapToObj(i -> Endpoint.of("127.0.0.1", 90 + i).withMetadata(KeyedPolicy.HASH_KEY, names[i]))
                .toList();
    }
}
