package dev.evenkeel.lb.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.observe.LoadBalancerListener;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.stub.StreamObserver;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** An application's executor that is full or closed breaks gRPC's connections: what is in flight ends with them, and no server is blamed. */
class RejectingExecutorTest {
    private static final int CALLS = 30;

    private final Queue<StreamObserver<String>> held = new ConcurrentLinkedQueue<>();
    private final Queue<Outcome> outcomes = new ConcurrentLinkedQueue<>();
    private final ExecutorService threads = Executors.newFixedThreadPool(2);
    private volatile boolean rejects;
    private Fleet fleet;

    private final Executor executor = task -> {
        if (rejects) {
            throw new RejectedExecutionException("full");
        }
        threads.execute(task);
    };

    private ManagedChannel use(int servers) {
        fleet = Fleet.of(
                servers,
                settings -> settings.policy(LoadBalancingPolicy.roundRobin()).listener(new LoadBalancerListener() {
                    @Override
                    public void onAttempt(String name, Endpoint endpoint, Outcome outcome, long latencyNanos) {
                        outcomes.add(outcome);
                    }
                }));
        ManagedChannel channel = fleet.connect(fleet.open(fleet.builder().executor(executor)));
        outcomes.clear();
        return channel;
    }

    @AfterEach
    void close() {
        rejects = false;
        fleet.close();
        threads.shutdownNow();
    }

    private static void start(ManagedChannel channel) {
        ClientCall<String, String> call = channel.newCall(Echo.POST, CallOptions.DEFAULT);
        call.start(new ClientCall.Listener<>() {}, new Metadata());
        call.request(2);
        call.sendMessage("x");
        call.halfClose();
    }

    @Test
    void whatIsInFlightEndsWithItsConnectionThoughNothingEndsItsStream() {
        ManagedChannel channel = use(3);
        fleet.servers.forEach(server -> server.behaviour = (request, response) -> held.add(response));
        for (int i = 0; i < CALLS; i++) {
            start(channel);
        }
        Until.until("all are in flight", () -> held.size() == CALLS && fleet.inFlight() == CALLS);

        rejects = true;
        held.forEach(response -> {
            response.onNext("y");
            response.onCompleted();
        });
        fleet.settled();

        assertThat(outcomes).hasSize(CALLS).allMatch(outcome -> outcome.kind() == Outcome.Kind.CANCELLED);
    }

    @Test
    void noServerIsBlamedAndOthersAreServedWhenItAcceptsAgain() {
        ManagedChannel channel = use(3);
        for (int round = 0; round < 8; round++) {
            rejects = true;
            for (int i = 0; i < 3; i++) {
                try {
                    start(channel);
                } catch (RejectedExecutionException e) {
                    // What begins may hear of it at once.
                }
            }
            fleet.settled();
            rejects = false;
            assertThat(Fleet.call(channel, Echo.POST, CallOptions.DEFAULT.withWaitForReady(), "y"))
                    .startsWith("y@");
        }
        assertThat(outcomes).noneMatch(outcome -> outcome.kind().isEndpointFailure());
        assertThat(fleet.loadBalancer.endpoints()).allMatch(status -> status.failures() == 0);
    }
}
