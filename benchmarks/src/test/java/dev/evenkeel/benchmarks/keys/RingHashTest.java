package dev.evenkeel.benchmarks.keys;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.Attempt;
import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.call.Destination;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.call.RequestKey;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.EndpointSource;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RingHashTest {
    private static final int KEYS = 10_000;

    /**
     * But for one arc: grpc-java compares hashes as signed numbers, which only begins the ring at another place, and sends keys between its
     * last point and 2⁶³ to that last point, where Envoy and gRFC A42 go on to the next.
     */
    @ParameterizedTest
    @CsvSource({"2, 1", "3, 1", "10, 1", "100, 1", "1000, 1", "3000, 1", "4, 3", "100, 3"})
    void equalKeysGoWhereGrpcJavaSendsThem(int n, int weights) {
        List<Endpoint> endpoints = IntStream.range(0, n)
                .mapToObj(i ->
                        Endpoint.of("10.0." + (i >> 8) + "." + (i & 255), 8080).withWeight(1 + i % weights))
                .toList();
        int compared = 0;
        try (GrpcPeer grpc = GrpcPeer.open(
                        "ring_hash_experimental", Map.of("minRingSize", 1024.0, "maxRingSize", 4096.0), endpoints);
                LoadBalancer ours = LoadBalancer.builder("orders.svc")
                        .endpoints(EndpointSource.of(endpoints))
                        .policy(LoadBalancingPolicy.ringHash().size(1024, 4096))
                        .build()) {
            ours.awaitReady(Duration.ofSeconds(10));
            long lastPoint = lastPoint(endpoints);
            for (long hash : new SplittableRandom(n).longs(KEYS).toArray()) {
                if (hash > lastPoint) {
                    continue;
                }
                compared++;
                assertThat(addressOf(ours, hash)).isEqualTo(grpc.addressOf(GrpcPeer.request(hash)));
            }
        }

        assertThat(compared).isGreaterThan(KEYS - 100);
    }

    /** Returns a point that no other is after, as signed numbers, in a ring of at most so many points. */
    private static long lastPoint(List<Endpoint> endpoints) {
        double total = endpoints.stream().mapToDouble(Endpoint::weight).sum();
        double each = Math.ceil(1024 / total);
        return endpoints.stream()
                .flatMapToLong(endpoint -> IntStream.range(0, (int) (each * endpoint.weight()))
                        .mapToLong(
                                i -> RequestKey.of(endpoint.address() + "_" + i).hash()))
                .max()
                .orElseThrow();
    }

    private static String addressOf(LoadBalancer balancer, long hash) {
        Destination destination = Destination.ANY.withKey(new RequestKey(hash));
        Attempt attempt = balancer.newCall(RequestInfo.IDEMPOTENT.withDestination(destination))
                .nextAttempt();
        attempt.complete(Outcome.SUCCESS);
        return attempt.endpoint().address();
    }
}
