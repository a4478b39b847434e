package dev.evenkeel.lb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.OutReason;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class CensusTest {
    private final Census census = new Census();

    private static long counted(List<TrackedNode> nodes) {
        return nodes.stream()
                .filter(node -> !node.isRemoved() && node.isUsed() && !node.isOut(OutReason.DRAINING))
                .count();
    }

    private static long suspects(List<TrackedNode> nodes) {
        return nodes.stream()
                .filter(node ->
                        !node.isRemoved() && node.isUsed() && node.isOutOnSuspicion() && !node.isOutForCertain())
                .count();
    }

    @Test
    void whateverHappensTheCountsAreThoseOfLookingAtAll() {
        List<TrackedNode> nodes = IntStream.range(0, 20)
                .mapToObj(i -> new TrackedNode(Endpoint.of("10.0.0." + i, 80), Usual.unknown(), null, null))
                .toList();
        nodes.forEach(node -> node.join(census::update));
        Random random = new Random(7);
        OutReason[] reasons = OutReason.values();
        for (int i = 0; i < 5_000; i++) {
            TrackedNode node = nodes.get(random.nextInt(nodes.size()));
            switch (random.nextInt(4)) {
                case 0 -> node.setUsed(random.nextBoolean());
                case 1 -> {
                    if (node.isRemoved()) {
                        node.join(census::update);
                    } else if (random.nextInt(4) == 0) {
                        node.leave();
                    }
                }
                default -> node.setOut(reasons[random.nextInt(reasons.length)], random.nextBoolean());
            }
            assertThat(census.counted()).isEqualTo((int) counted(nodes));
            assertThat(census.suspects()).isEqualTo((int) suspects(nodes));
        }
    }
}
