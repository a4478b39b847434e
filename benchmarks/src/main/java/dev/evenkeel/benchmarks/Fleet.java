package dev.evenkeel.benchmarks;

import dev.evenkeel.lb.endpoint.Endpoint;
import java.util.List;
import java.util.stream.IntStream;

/** Lists of endpoints to measure with. */
public final class Fleet {
    private Fleet() {}

    /** Returns endpoints of weight 1. */
    public static List<Endpoint> equal(int size) {
        return IntStream.range(0, size).mapToObj(Fleet::endpoint).toList();
    }

    /** Returns endpoints of weights 1, 2, 3, 1, 2, 3, …, so that no policy can take a short cut for equal ones. */
    static List<Endpoint> weighted(int size) {
        return IntStream.range(0, size)
                .mapToObj(i -> endpoint(i).withWeight(1 + i % 3))
                .toList();
    }

    static Endpoint endpoint(int index) {
        return Endpoint.of("10." + (index >> 16) + "." + (index >> 8 & 255) + "." + (index & 255), 8080);
    }
}
