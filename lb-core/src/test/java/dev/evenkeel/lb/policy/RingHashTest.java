package dev.evenkeel.lb.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.testkit.FakeContext;
import dev.evenkeel.lb.testkit.FakeNode;
import dev.evenkeel.lb.testkit.KeyedPolicyContract;
import dev.evenkeel.lb.testkit.ScriptedRandom;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class RingHashTest implements KeyedPolicyContract {
    private static final BigInteger HIGHEST = BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);

    @Override
    public RingHash policy() {
        return LoadBalancingPolicy.ringHash();
    }

    /** About 100 points for a tenth of the weight, so a standard deviation of a tenth. */
    @Override
    public double unevenness() {
        return 0.35;
    }

    /** The ring that stands in Envoy's ring_hash_lb_test.cc, test {@code Basic}. */
    @Test
    void thePointsAreThoseOfEnvoy() {
        Ring ring = new Ring(local(1, 1, 1, 1, 1, 1), 12, RingHash.LARGEST);

        assertPoint(ring, "833437586790550860", 4);
        assertPoint(ring, "928266305478181108", 2);
        assertPoint(ring, "1033482794131418490", 0);
        assertPoint(ring, "3551244743356806947", 5);
        assertPoint(ring, "3851675632748031481", 3);
        assertPoint(ring, "5583722120771150861", 1);
        assertPoint(ring, "6311230543546372928", 1);
        assertPoint(ring, "7700377290971790572", 3);
        assertPoint(ring, "13144177310400110813", 5);
        assertPoint(ring, "13444792449719432967", 2);
        assertPoint(ring, "15516499411664133160", 4);
        assertPoint(ring, "16117243373044804889", 0);
        assertThat(ownerOf(ring, Long.parseUnsignedLong("3551244743356806948"))).isEqualTo(3);
        assertThat(ownerOf(ring, 0)).isEqualTo(4);
        assertThat(ownerOf(ring, -1)).as("beyond the last point").isEqualTo(4);
    }

    /** Its tests {@code HostWeightedTinyRing} and {@code HostAndLocalityWeightedTinyRing}. */
    @Test
    void weightsGivePointsAsInEnvoy() {
        Ring ring = new Ring(local(1, 2, 3), 6, 6);
        assertPoint(ring, "928266305478181108", 2);
        assertPoint(ring, "4443673547860492590", 2);
        assertPoint(ring, "5583722120771150861", 1);
        assertPoint(ring, "6311230543546372928", 1);
        assertPoint(ring, "13444792449719432967", 2);
        assertPoint(ring, "16117243373044804889", 0);

        ring = new Ring(local(1, 2, 2, 4), 9, 9);
        assertPoint(ring, "928266305478181108", 2);
        assertPoint(ring, "3851675632748031481", 3);
        assertPoint(ring, "5583722120771150861", 1);
        assertPoint(ring, "6311230543546372928", 1);
        assertPoint(ring, "7700377290971790572", 3);
        assertPoint(ring, "12559126875973811811", 3);
        assertPoint(ring, "13444792449719432967", 2);
        assertPoint(ring, "13784988426630141778", 3);
        assertPoint(ring, "16117243373044804889", 0);
    }

    /** Its tests of large and of fractional rings, which assert how many of evenly spread keys each gets. */
    @Test
    void largeRingsShareKeysToTheLastAsInEnvoy() {
        assertThat(counts(new Ring(local(1, 2, 3), 6144, RingHash.LARGEST), 3, 6000))
                .containsExactly(987, 1932, 3081);
        assertThat(counts(new Ring(local(1, 2, 2, 4), 9216, RingHash.LARGEST), 4, 9000))
                .containsExactly(924, 2009, 2053, 4014);
        assertThat(counts(new Ring(local(1, 1), 1023, 1023), 2, 1023)).containsExactly(526, 497);
    }

    /** Its test {@code LopsidedWeightSmallScale}; a port of 0 can only be a name here. */
    @Test
    void aRingThatIsTooSmallHoldsSomeOfTheLightAsInEnvoy() {
        List<Endpoint> endpoints = IntStream.range(0, 1024)
                .mapToObj(i -> Endpoint.of("10.0.0.1", 1 + i)
                        .withMetadata(KeyedPolicy.HASH_KEY, "127.0.0.1:" + i)
                        .withWeight(i == 0 ? 127 * 1023 : 1))
                .toList();
        Ring ring = new Ring(endpoints, 1024, 1024);

        assertPoint(ring, "11664790346325243808", 1);
        assertPoint(ring, "15894554872961148518", 128);
        assertPoint(ring, "13958138884277627155", 256);
        assertPoint(ring, "15803774069438192949", 384);
        assertPoint(ring, "3829253010855396576", 512);
        assertPoint(ring, "17918147347826565154", 640);
        assertPoint(ring, "6442769608292299103", 768);
        assertPoint(ring, "5881074926069334434", 896);
    }

    @Test
    void aFailedTryGoesOnClockwise() {
        List<FakeNode> nodes = FakeNode.many(5);
        Ring ring = new Ring(nodes.stream().map(FakeNode::endpoint).toList(), 1024, RingHash.LARGEST);
        Picker picker = policy().newPicker(nodes, ScriptedRandom.seeded(1));
        for (long key : new SplittableRandom(1).longs(1_000).toArray()) {
            int place = ring.first(key);
            int first = ring.endpointAt(place);
            int second = first;
            while (second == first) {
                place = ring.next(place, key);
                second = ring.endpointAt(place);
            }

            assertThat(picker.pick(FakeContext.withKey(key, nodes.get(first)), 0))
                    .isSameAs(nodes.get(second));
        }
    }

    /**
     * Of 1,025 endpoints and more each has one point. With fewer, each gets a point more now and then when one leaves, so that the ring has
     * its 1,024: such points take keys of others.
     */
    @Property(tries = 50)
    void whereTheNumberOfPointsStaysOnlyTheKeysOfWhoLeavesMove(
            @ForAll @IntRange(min = 2, max = 200) int n, @ForAll @IntRange(min = 0, max = 199) int which) {
        int leaves = which % n;
        List<Endpoint> before = local(n);
        List<Endpoint> after = new ArrayList<>(before);
        after.remove(leaves);
        // 20 points each, before and after: of sizes just below, so that rounding does not make them 21.
        Ring with = new Ring(before, 20 * n - 1, RingHash.LARGEST);
        Ring without = new Ring(after, 20 * (n - 1) - 1, RingHash.LARGEST);

        int strays = 0;
        for (long key : new SplittableRandom(n).longs(2_000).toArray()) {
            int owner = ownerOf(with, key);
            if (owner != leaves && !after.get(ownerOf(without, key)).equals(before.get(owner))) {
                strays++;
            }
        }

        // The running sums are rounded, so that one point may be the next endpoint's: in a search that was one key of
        // 2,000.
        assertThat(strays).isLessThan(5);
    }

    @Test
    void withItsDefaultSizeFewOtherKeysMoveWhenOneOfTenLeaves() {
        List<Endpoint> before = local(10);
        Ring with = new Ring(before, 1024, RingHash.LARGEST);
        Ring without = new Ring(before.subList(0, 9), 1024, RingHash.LARGEST);
        long moved = new SplittableRandom(1)
                .longs(100_000)
                .filter(key -> ownerOf(with, key) < 9 && ownerOf(with, key) != ownerOf(without, key))
                .count();

        // From 103 points each to 114: those 11 take a tenth of all keys, eight ninths of them from others.
        assertThat(moved / 100_000.0).isBetween(0.04, 0.10);
    }

    @Test
    void whoHasNoPointOnTheRingIsFoundWhenTheOthersAreOut() {
        List<FakeNode> nodes = FakeNode.many(100);
        Picker picker = policy().size(1, 2)
                .newKeyMap(nodes.stream().map(FakeNode::endpoint).toList())
                .newPicker(nodes, BitSet.valueOf(new long[] {1L << 60}), ScriptedRandom.seeded(1));

        assertThat(picker.pick(FakeContext.withKey(1), 0)).isSameAs(nodes.get(60));
    }

    @Test
    void weightsOfAllMagnitudesMakeARing() {
        assertThat(ownerOf(new Ring(local(Double.MIN_VALUE, 1_000_000), 1024, 4096), 5))
                .isEqualTo(1);
        assertThat(ownerOf(new Ring(local(Double.MIN_VALUE), 1024, 4096), 5)).isZero();
        assertThat(counts(new Ring(local(1e-3, 1e6, 1e6), 1024, 1 << 16), 3, 10_000)[1])
                .isBetween(4_900, 5_100);
    }

    @Test
    void refusesWhatMakesNoSense() {
        assertThatThrownBy(() -> policy().size(0, 10))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("minSize is 0, must be 1 to 8388608");
        assertThatThrownBy(() -> policy().size(10, 9))
                .hasMessage("maxSize is 9, must be at least minSize, 10, and at most 8388608");
        assertThatThrownBy(() -> policy().size(10, 8_388_609))
                .hasMessage("maxSize is 8388609, must be at least minSize, 10, and at most 8388608");
        assertThatThrownBy(() -> policy().boundedLoad(1))
                .hasMessage("boundedLoad is 1.0, must be more than 1: 1.25 allows 125 % of the mean");
        assertThatThrownBy(() -> policy().boundedLoad(Double.NaN)).hasMessageStartingWith("boundedLoad is NaN");
        assertThatThrownBy(() -> policy().fallback(LoadBalancingPolicy.maglev()))
                .hasMessageStartingWith("fallback is maglev()")
                .hasMessageEndingWith("must be a policy that needs no key, such as leastLoaded(PEAK_EWMA).draws(2)");
    }

    @Test
    void saysWhatItIs() {
        assertThat(policy()).hasToString("ringHash().size(1024, 8388608).fallback(leastLoaded(PEAK_EWMA).draws(2))");
        assertThat(policy().size(10, 20).fallback(LoadBalancingPolicy.random()).boundedLoad(1.25))
                .hasToString("ringHash().size(10, 20).fallback(random()).boundedLoad(1.25)");
    }

    @Test
    void requestsWithoutAKeyGoByTheFallback() {
        List<FakeNode> nodes = FakeNode.many(3);
        Picker picker = policy().fallback(LoadBalancingPolicy.roundRobin()).newPicker(nodes, ScriptedRandom.seeded(1));

        Node first = picker.pick(FakeContext.FIRST_TRY, 0);
        Node second = picker.pick(FakeContext.FIRST_TRY, 0);

        assertThat(nodes.indexOf(second)).isEqualTo((nodes.indexOf(first) + 1) % 3);
    }

    private static void assertPoint(Ring ring, String point, int owner) {
        assertThat(ownerOf(ring, Long.parseUnsignedLong(point))).isEqualTo(owner);
    }

    private static int ownerOf(Ring ring, long key) {
        return ring.endpointAt(ring.first(key));
    }

    /** Counts who gets how many of so many keys evenly around the ring. */
    private static int[] counts(Ring ring, int n, int keys) {
        long step = HIGHEST.divide(BigInteger.valueOf(keys)).longValue();
        int[] counts = new int[n];
        for (int i = 0; i < keys; i++) {
            counts[ownerOf(ring, i * step)]++;
        }
        return counts;
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
}
