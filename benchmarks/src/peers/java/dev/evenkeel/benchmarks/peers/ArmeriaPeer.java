package dev.evenkeel.benchmarks.peers;

import com.linecorp.armeria.client.ClientRequestContext;
import com.linecorp.armeria.client.Endpoint;
import com.linecorp.armeria.client.endpoint.EndpointGroup;
import com.linecorp.armeria.client.endpoint.EndpointSelectionStrategy;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import java.util.Objects;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/** Armeria's selection from a fixed group, which is told nothing of how requests end. */
final class ArmeriaPeer implements Peer {
    private final EndpointGroup group;

    private ArmeriaPeer(EndpointGroup group) {
        this.group = group;
    }

    static Peer open(EndpointSelectionStrategy strategy, int n, IntUnaryOperator weight) {
        EndpointGroup group = EndpointGroup.of(
                strategy,
                IntStream.range(0, n)
                        .mapToObj(i -> Endpoint.of("10." + (i >> 16) + "." + (i >> 8 & 255) + "." + (i & 255), 8080)
                                .withWeight(weight.applyAsInt(i)))
                        .toList());
        group.whenReady().join();
        return new ArmeriaPeer(group);
    }

    @Override
    public Caller newCaller() {
        ClientRequestContext request = ClientRequestContext.of(HttpRequest.of(HttpMethod.GET, "/"));
        return () -> Objects.requireNonNull(group.selectNow(request));
    }

    @Override
    public void close() {
        group.close();
    }
}
