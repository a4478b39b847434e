package dev.evenkeel.lb.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.testkit.FakeContext;
import dev.evenkeel.lb.testkit.FakeNode;
import dev.evenkeel.lb.testkit.ScriptedRandom;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BoundedLoadTest {
    /** The policies, with and without a bound. */
    enum Keyed {
        RING_HASH(LoadBalancingPolicy.ringHash(), LoadBalancingPolicy.ringHash().boundedLoad(1.25)),
        MAGLEV(
                LoadBalancingPolicy.maglev().tableSize(1009),
                LoadBalancingPolicy.maglev().tableSize(1009).boundedLoad(1.25)),
        RENDEZVOUS(
                LoadBalancingPolicy.rendezvous(),
                LoadBalancingPolicy.rendezvous().boundedLoad(1.25));

        @SuppressWarnings("ImmutableEnumChecker") // is a record
        private final KeyedPolicy unbounded;

        @SuppressWarnings("ImmutableEnumChecker") // is a record
        private final KeyedPolicy bounded;

        Keyed(KeyedPolicy unbounded, KeyedPolicy bounded) {
            this.unbounded = unbounded;
            this.bounded = bounded;
        }
    }

    /** Requests for one popular key begin, and the oldest end when 200 are under way. */
    @Property(tries = 60)
    void nobodyHasMoreThanItsShareAndAQuarter(
            @ForAll Keyed policy, @ForAll("weights") double[] weights, @ForAll long seed) {
        List<FakeNode> nodes = FakeNode.weighted(weights);
        double total = Arrays.stream(weights).sum();
        Picker picker = policy.bounded.newPicker(nodes, ScriptedRandom.seeded(1));
        SplittableRandom random = new SplittableRandom(seed);
        Deque<FakeNode> underWay = new ArrayDeque<>();
        for (int i = 0; i < 1_000; i++) {
            long key = random.nextInt(4) == 0 ? random.nextLong() : 7;
            FakeNode node = (FakeNode) picker.pick(FakeContext.withKey(key), i);
            node.inFlight(node.inFlight() + 1);
            underWay.add(node);

            assertThat((double) node.inFlight()).isLessThan(1 + 1.25 * underWay.size() * node.weight() / total + 1e-9);

            if (underWay.size() > 200) {
                FakeNode first = underWay.remove();
                first.inFlight(first.inFlight() - 1);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void withoutABoundOnePopularKeyIsOneEndpointsLoad(Keyed policy) {
        List<FakeNode> nodes = FakeNode.many(5);
        Picker picker = policy.unbounded.newPicker(nodes, ScriptedRandom.seeded(1));
        for (int i = 0; i < 100; i++) {
            FakeNode node = (FakeNode) picker.pick(FakeContext.withKey(7), i);
            node.inFlight(node.inFlight() + 1);
        }

        assertThat(nodes).anyMatch(node -> node.inFlight() == 100);
    }

    @ParameterizedTest
    @EnumSource
    void aKeyComesBackWhenThereIsRoomAgain(Keyed policy) {
        List<FakeNode> nodes = FakeNode.many(5);
        Picker picker = policy.bounded.newPicker(nodes, ScriptedRandom.seeded(1));
        FakeNode owner = (FakeNode) picker.pick(FakeContext.withKey(7), 0);
        owner.inFlight(10);

        Node other = picker.pick(FakeContext.withKey(7), 1);
        owner.inFlight(0);

        assertThat(other).isNotSameAs(owner);
        assertThat(picker.pick(FakeContext.withKey(7), 2)).isSameAs(owner);
    }

    @ParameterizedTest
    @EnumSource
    void aKeyGoesPastAFullNodeToWhereItGoesWhenThatIsOut(Keyed policy) {
        List<FakeNode> nodes = FakeNode.many(5);
        Picker picker = policy.bounded.newPicker(nodes, ScriptedRandom.seeded(1));
        FakeNode owner = (FakeNode) picker.pick(FakeContext.withKey(7), 0);
        Node second = picker.pick(FakeContext.withKey(7, owner), 0);
        owner.inFlight(10);

        assertThat(picker.pick(FakeContext.withKey(7), 1)).isSameAs(second);
    }

    /** A sum that is too old to admit anybody must not lead to nobody. */
    @ParameterizedTest
    @EnumSource
    void whereEverybodySeemsFullTheLeastFullIsTaken(Keyed policy) {
        List<FakeNode> nodes = FakeNode.many(100);
        Picker picker = policy.bounded.newPicker(nodes, ScriptedRandom.seeded(1));
        picker.pick(FakeContext.withKey(7), 0);
        nodes.forEach(node -> node.inFlight(50)); // the sum is still 0
        FakeNode owner = (FakeNode)
                policy.unbounded.newPicker(nodes, ScriptedRandom.seeded(1)).pick(FakeContext.withKey(7), 0);
        owner.inFlight(49);

        assertThat(picker.pick(FakeContext.withKey(7), 1)).isSameAs(owner);
        assertThat(picker.pick(FakeContext.withKey(7, owner), 1)).isNotSameAs(owner);
    }

    @ParameterizedTest
    @EnumSource
    void aMillisecondLaterTheSumOfManyIsRenewed(Keyed policy) {
        List<FakeNode> nodes = FakeNode.many(100);
        Picker picker = policy.bounded.newPicker(nodes, ScriptedRandom.seeded(1));
        FakeNode owner = (FakeNode) picker.pick(FakeContext.withKey(7), 0);
        nodes.forEach(node -> node.inFlight(50));
        owner.inFlight(60);

        assertThat(picker.pick(FakeContext.withKey(7), 999_999))
                .as("for all it knows 60 are too many")
                .isNotSameAs(owner);
        assertThat(picker.pick(FakeContext.withKey(7), 1_000_000))
                .as("125 % of 50 are not")
                .isSameAs(owner);
    }

    @ParameterizedTest
    @EnumSource
    void manyAreNotSummedUpForEachPick(Keyed policy) {
        AtomicInteger readings = new AtomicInteger();
        List<Node> nodes = FakeNode.many(1_000).stream()
                .<Node>map(node -> new CountedNode(node, readings))
                .toList();
        Picker picker = policy.bounded.newPicker(nodes, ScriptedRandom.seeded(1));

        for (int i = 0; i < 1_000; i++) {
            picker.pick(FakeContext.withKey(i), i);
        }

        // Once all, and a few for each pick.
        assertThat(readings.get()).isBetween(1_000, 1_000 + 15_000);
    }

    /** Counts how often it is asked what is in flight. */
    private record CountedNode(Node node, AtomicInteger readings) implements Node {
        @Override
        public Endpoint endpoint() {
            return node.endpoint();
        }

        @Override
        public int inFlight() {
            readings.incrementAndGet();
            return node.inFlight();
        }

        @Override
        public double latencyNanos(long nowNanos) {
            return node.latencyNanos(nowNanos);
        }
    }

    @Provide
    Arbitrary<double[]> weights() {
        return Arbitraries.doubles()
                .between(0.5, 2)
                .ofScale(1)
                .array(double[].class)
                .ofMinSize(1)
                .ofMaxSize(9);
    }
}
