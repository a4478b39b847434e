package dev.evenkeel.lb.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.testkit.FakeContext;
import dev.evenkeel.lb.testkit.FakeNode;
import dev.evenkeel.lb.testkit.ScriptedRandom;
import java.lang.management.ManagementFactory;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
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

    /**
     * With more than 16 the sum is up to 1 ms old, and a key goes no further than to the tenth. So whoever is picked has its share and a quarter of
     * what was in flight at some time of the last millisecond, or is as empty as nine others that the key met.
     */
    @Property(tries = 60)
    void ofManyNobodyHasMoreUnlessTenHaveIt(
            @ForAll Keyed policy,
            @ForAll @IntRange(min = 17, max = 200) int n,
            @ForAll @IntRange(min = 0, max = 20) int popularOfTwenty,
            @ForAll @IntRange(min = 0, max = 100_000) int mostNanosBetween,
            @ForAll long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<FakeNode> nodes = FakeNode.weighted(random.doubles(n, 0.5, 2).toArray());
        double total = nodes.stream().mapToDouble(Node::weight).sum();
        Picker picker = policy.bounded.newPicker(nodes, ScriptedRandom.seeded(1));
        Deque<FakeNode> underWay = new ArrayDeque<>();
        Deque<long[]> sums = new ArrayDeque<>(); // what was in flight, and when
        long now = 0;
        for (int i = 0; i < 1_500; i++) {
            now += random.nextInt(mostNanosBetween + 1);
            sums.add(new long[] {underWay.size(), now});
            while (now - sums.getFirst()[1] > 1_000_000) {
                sums.remove();
            }
            long most = sums.stream().mapToLong(sum -> sum[0]).max().orElseThrow();
            long key = random.nextInt(20) < popularOfTwenty ? 7 : random.nextLong();

            FakeNode node = (FakeNode) picker.pick(FakeContext.withKey(key), now);

            double fullness = LoadBound.fullness(node);
            assertThat(fullness < 1.25 * (most + 1) / total + 1e-9
                            || nodes.stream()
                                            .filter(other -> LoadBound.fullness(other) >= fullness)
                                            .count()
                                    >= 10)
                    .as("%s of %s nodes with %s in flight", node, n, most)
                    .isTrue();
            node.inFlight(node.inFlight() + 1);
            underWay.add(node);
            int keep = i < 1_000 ? 600 : 100; // a rise, a steady time, and a fall
            while (underWay.size() > keep) {
                FakeNode first = underWay.remove();
                first.inFlight(first.inFlight() - 1);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aKeyStaysAmongItsFirstTen(Keyed policy) {
        List<FakeNode> nodes = FakeNode.many(200);
        for (long key : new SplittableRandom(3).longs(300).toArray()) {
            List<Node> order = order(policy.unbounded.newPicker(nodes, ScriptedRandom.seeded(1)), key, 11);
            nodes.forEach(node -> node.inFlight(0));
            Picker picker = policy.bounded.newPicker(nodes, ScriptedRandom.seeded(1));
            picker.pick(FakeContext.withKey(key), 0); // with nothing in flight, so that one is too many then
            nodes.forEach(node -> node.inFlight(50));
            ((FakeNode) order.get(9)).inFlight(49);
            ((FakeNode) order.get(10)).inFlight(0);

            assertThat(picker.pick(FakeContext.withKey(key), 1)).isSameAs(order.get(9));
        }
    }

    /** Returns where a key goes, one after the other, if all before are tried. */
    private static List<Node> order(Picker picker, long key, int length) {
        List<Node> order = new ArrayList<>();
        while (order.size() < length) {
            order.add(picker.pick(FakeContext.withKey(key, order.toArray(Node[]::new)), 0));
        }
        return order;
    }

    @ParameterizedTest
    @EnumSource
    void aWalkPastTenFullNodesAllocatesNothing(Keyed policy) {
        assumeThat(ManagementFactory.getThreadMXBean()).isInstanceOf(com.sun.management.ThreadMXBean.class);
        com.sun.management.ThreadMXBean meter = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        assumeThat(meter.isThreadAllocatedMemorySupported()).isTrue();
        List<FakeNode> nodes = FakeNode.many(200);
        Picker picker = policy.bounded.newPicker(nodes, ScriptedRandom.seeded(1));
        picker.pick(FakeContext.withKey(7), 0);
        nodes.forEach(node -> node.inFlight(50));
        FakeContext[] contexts =
                LongStream.range(0, 50).mapToObj(FakeContext::withKey).toArray(FakeContext[]::new);
        pickOften(picker, contexts);
        long thread = Thread.currentThread().getId();
        long before = meter.getThreadAllocatedBytes(thread);
        pickOften(picker, contexts);
        long bytes = meter.getThreadAllocatedBytes(thread) - before;

        assertThat(bytes).as("bytes for 5000 picks").isLessThan(5_000);
    }

    private static void pickOften(Picker picker, FakeContext[] contexts) {
        for (int i = 0; i < 100; i++) {
            for (FakeContext context : contexts) {
                picker.pick(context, i);
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
