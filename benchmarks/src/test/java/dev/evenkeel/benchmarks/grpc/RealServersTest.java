package dev.evenkeel.benchmarks.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RealServersTest {
    private final ScheduledExecutorService answers = Executors.newScheduledThreadPool(1);

    @AfterEach
    void end() {
        answers.shutdownNow();
    }

    @ParameterizedTest
    @EnumSource
    void callsOfEveryPolicyReachTheServer(GrpcPolicy policy) throws Exception {
        try (BusyServer server = new BusyServer(answers);
                OpenChannel open = OpenChannel.retrying(policy, List.of(server.endpoint()))) {
            assertThat(new ClosedLoop(open.channel(), 100).run()).isEqualTo(Status.OK); // it has no deadline
            assertThat(server.attempts()).isEqualTo(100);
        }
    }

    @Test
    void failedCallsCountWithTheirDeadline() throws Exception {
        try (BusyServer server = new BusyServer(answers);
                OpenChannel open = OpenChannel.balancing(GrpcPolicy.ROUND_ROBIN, List.of(server.endpoint()))) {
            server.fail();

            OpenLoop.Outcomes outcomes = new OpenLoop(open.channel(), 1, 1).run();

            assertThat(outcomes.failed()).isEqualTo(outcomes.calls());
            assertThat(outcomes.p99Millis()).isEqualTo(1000);
        }
    }
}
