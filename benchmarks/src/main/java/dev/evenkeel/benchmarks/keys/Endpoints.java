package dev.evenkeel.benchmarks.keys;

import dev.evenkeel.lb.endpoint.Endpoint;
import java.util.List;
import java.util.stream.IntStream;

/** Lists of endpoints to measure with. */
final class Endpoints {
    private Endpoints() {}

    /** Returns endpoints of weight 1. */
    static List<Endpoint> equal(int size) {
        return IntStream.range(0, size)
                .mapToObj(i -> Endpoint.of("10." + (i >> 16) + "." + (i >> 8 & 255) + "." + (i & 255), 8080))
                .toList();
    }
}
