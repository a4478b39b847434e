package dev.evenkeel.benchmarks.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.benchmarks.Fleet;
import dev.evenkeel.lb.endpoint.Endpoint;
import io.grpc.CallOptions;
import io.grpc.LoadBalancer.Subchannel;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ListedFleetTest {
    private static final List<Endpoint> ENDPOINTS = Fleet.equal(5);

    private final FakeStream stream = new FakeStream(CallOptions.DEFAULT);

    @ParameterizedTest
    @EnumSource
    void everyPolicyUsesAllItsEndpointsAndHearsOfTheirCalls(GrpcPolicy policy) {
        try (ListedFleet fleet = ListedFleet.of(policy)) {
            fleet.take(ENDPOINTS);
            fleet.connectAll();

            assertThat(fleet.useAll(5)).hasSize(5);
            assertThat(fleet.channel().picker().pickSubchannel(stream).getStreamTracerFactory() == null)
                    .isEqualTo(policy == GrpcPolicy.ROUND_ROBIN);
        }
    }

    @ParameterizedTest
    @EnumSource
    void endpointThatIsNotInTheNextListIsNotPicked(GrpcPolicy policy) {
        try (ListedFleet fleet = ListedFleet.of(policy)) {
            fleet.take(ENDPOINTS);
            fleet.connectAll();
            Set<Subchannel> before = fleet.useAll(5);

            assertThat(fleet.take(ENDPOINTS.subList(1, 5))).isPositive();

            Set<Subchannel> after = fleet.useAll(4);
            assertThat(after).hasSize(4);
            assertThat(before).containsAll(after);
        }
    }
}
