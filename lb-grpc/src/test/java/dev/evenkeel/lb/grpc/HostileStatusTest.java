package dev.evenkeel.lb.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What discovery says of endpoints stands in statuses, which callers log. */
class HostileStatusTest {
    private static final String FORGED = "\n2026-01-01 ERROR forged\u001b[31m";

    private final Fleet fleet = Fleet.of(1);

    @AfterEach
    void close() {
        fleet.close();
    }

    private String failure(Channel channel, CallOptions options) {
        return String.valueOf(catchThrowableOfType(
                        StatusRuntimeException.class,
                        () -> ClientCalls.blockingUnaryCall(channel, Echo.GET, options, "x"))
                .getMessage());
    }

    @Test
    void whatDiscoverySaysIsSafeInStatuses() {
        String id = "pod" + FORGED;
        fleet.source.set(List.of(fleet.server(0).endpoint().withId(id)));
        Channel channel = fleet.connectedChannel();
        fleet.loadBalancer.drain(id);
        String drained = failure(channel, CallOptions.DEFAULT);
        String pinned = failure(channel, CallOptions.DEFAULT.withOption(EvenkeelGrpc.PIN_ENDPOINT, "no" + FORGED));

        assertThat(List.of(drained, pinned))
                .allSatisfy(said -> assertThat(said)
                        .contains("?2026-01-01 ERROR forged?[31m")
                        .doesNotContainPattern("\\p{Cntrl}"));
    }
}
