package dev.evenkeel.lb.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import org.junit.jupiter.api.Test;

/** While servers are upgraded one by one, some lack a method that others have. That says nothing of how they serve the methods they have. */
class RollingUpgradeTest {
    private static final int SERVERS = 6;
    private static final int CALLS = 1200;

    @Test
    void serversThatLackAMethodStayInUseForTheOthers() {
        try (Fleet fleet = Fleet.of(SERVERS)) {
            ManagedChannel channel = fleet.connectedChannel();
            fleet.servers
                    .subList(0, 2)
                    .forEach(old -> old.behaviour = (request, response) -> {
                        if (request.equals("new")) {
                            old.calls.decrementAndGet();
                            response.onError(Status.UNIMPLEMENTED.asRuntimeException());
                        } else {
                            old.echo.answer(request, response);
                        }
                    });
            int lacked = 0;
            for (int i = 0; i < CALLS; i++) {
                assertThat(Fleet.call(channel, Echo.POST, CallOptions.DEFAULT, "known"))
                        .startsWith("known@");
                try {
                    Fleet.get(channel, "new");
                } catch (StatusRuntimeException e) {
                    assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
                    lacked++;
                }
            }
            fleet.settled();

            assertThat(fleet.loadBalancer.endpoints())
                    .allMatch(status -> status.availability().isAvailable())
                    .allMatch(status -> status.failures() == 0);
            assertThat(fleet.servers.subList(0, 2)).allMatch(old -> old.calls.get() > 0);
            assertThat(lacked).as("and they attract nothing").isLessThan(CALLS * 2 / 3);
        }
    }
}
