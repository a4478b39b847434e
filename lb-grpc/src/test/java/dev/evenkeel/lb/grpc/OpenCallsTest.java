package dev.evenkeel.lb.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.endpoint.Endpoint;
import io.grpc.CallOptions;
import io.grpc.ClientStreamTracer;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OpenCallsTest {
    private static final Endpoint SERVER = Endpoint.of("10.0.0.1:80");

    private final LoadBalancer service = ScriptedChannel.service(SERVER);
    private final ChannelView view = new ChannelView(service, true, null, new Faults(), new ChannelView.Owner() {
        @Override
        public void candidatesChanged() {}

        @Override
        public void joined(Endpoint endpoint) {}

        @Override
        public void recovered(Endpoint endpoint) {}
    });
    private final OpenCalls calls = new OpenCalls();
    private final Silence connection = new Silence(calls, silence -> {});

    @AfterEach
    void close() {
        view.close();
        service.close();
    }

    private AttemptTracer call() {
        return callOver(connection);
    }

    private AttemptTracer callOver(Silence over) {
        view.view().setReady(SERVER, true);
        AttemptTracerFactory factory =
                new AttemptTracerFactory(view, view.view().pick(CallShape.UNARY), CallShape.UNARY, over);
        return (AttemptTracer) factory.forGrpc()
                .newClientStreamTracer(
                        ClientStreamTracer.StreamInfo.newBuilder()
                                .setCallOptions(CallOptions.DEFAULT.withOption(
                                        CallMemory.KEY, new CallMemory(RequestInfo.IDEMPOTENT, false)))
                                .build(),
                        new Metadata());
    }

    private AttemptTracer added() {
        AttemptTracer call = call();
        calls.add(call);
        return call;
    }

    private static void end(AttemptTracer call) {
        call.streamClosed(Status.OK);
    }

    /** Returns how many are linked behind a call. */
    private static int behind(AttemptTracer call) {
        int count = 0;
        for (AttemptTracer next = call.nextOpen(); next != null; next = next.nextOpen()) {
            count++;
        }
        return count;
    }

    @Test
    void thereIsOneUntilAllHaveEnded() {
        assertThat(calls.connections()).doesNotContain(connection);
        AttemptTracer first = added();
        AttemptTracer second = added();
        end(second);
        assertThat(calls.connections()).contains(connection);
        end(first);
        assertThat(calls.connections()).doesNotContain(connection);
    }

    @Test
    void thoseOverOtherConnectionsAreLeftAlone() {
        Silence other = new Silence(calls, silence -> {});
        AttemptTracer there = callOver(other);
        calls.add(there);
        assertThat(calls.connections()).doesNotContain(connection);
        AttemptTracer here = added();

        calls.giveUp(other, Status.UNAVAILABLE);
        assertThat(there.isHopeless()).isTrue();
        assertThat(here.isHopeless()).isFalse();
    }

    @Test
    void whatEndsJustWhenItIsToBeGivenUpIsNot() {
        CallMemory memory = new CallMemory(RequestInfo.IDEMPOTENT, false);
        AttemptTracer call = added();
        end(call);
        memory.giveUp(call, Status.UNAVAILABLE);
        assertThat(call.isHopeless()).isFalse();
    }

    @Test
    void oneAfterTheOtherTheyLeaveOnlyAFewBehind() {
        AttemptTracer waiting = added();
        for (int i = 0; i < 1_000; i++) {
            AttemptTracer call = added();
            assertThat(behind(call)).isLessThan(70);
            end(call);
        }
        calls.giveUp(connection, Status.UNAVAILABLE);
        assertThat(waiting.isHopeless()).isTrue();
    }

    @Test
    void whereOneIsAlwaysOpenTheyLeaveOnlyAFewBehind() {
        AttemptTracer before = added();
        for (int i = 0; i < 1_000; i++) {
            AttemptTracer call = added();
            end(before);
            assertThat(behind(call)).isLessThan(70);
            before = call;
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void thoseThatAreOpenAreGivenUpAndNoOthers(long seed) {
        Random random = new Random(seed);
        List<AttemptTracer> open = new ArrayList<>();
        List<AttemptTracer> ended = new ArrayList<>();
        int mostOpen = 0;
        for (int i = 0; i < 2_000; i++) {
            if (open.isEmpty() || random.nextInt(100) < 40 + 20 * Math.sin(i / 100.0)) {
                AttemptTracer call = added();
                open.add(call);
                mostOpen = Math.max(mostOpen, open.size());
                assertThat(behind(call)).isLessThanOrEqualTo(2 * mostOpen + 70);
            } else {
                AttemptTracer call = open.remove(random.nextInt(open.size()));
                end(call);
                ended.add(call);
            }
        }
        calls.giveUp(connection, Status.UNAVAILABLE);
        assertThat(open).allMatch(AttemptTracer::isHopeless);
        assertThat(ended).noneMatch(AttemptTracer::isHopeless);
    }

    @Test
    void noneIsLostWhereManyThreadsAddAndSweepAndOneLooks() throws Exception {
        int threads = 4;
        Silence other = new Silence(calls, silence -> {});
        AttemptTracer waiting = callOver(other);
        calls.add(waiting);
        AtomicBoolean enough = new AtomicBoolean();
        ExecutorService pool = Executors.newFixedThreadPool(threads + 1);
        Future<Integer> looks = pool.submit(() -> {
            int seen = 0;
            while (!enough.get()) {
                assertThat(calls.connections()).contains(other);
                seen++;
            }
            return seen;
        });
        try {
            for (int round = 0; round < 50; round++) {
                CyclicBarrier begin = new CyclicBarrier(threads);
                List<Future<List<AttemptTracer>>> staying = IntStream.range(0, threads)
                        .mapToObj(thread -> pool.submit(() -> addAndEndMost(begin)))
                        .toList();
                for (Future<List<AttemptTracer>> one : staying) {
                    assertThat(one.get(60, TimeUnit.SECONDS)).hasSize(40).noneMatch(AttemptTracer::isHopeless);
                }
                calls.giveUp(connection, Status.UNAVAILABLE);
                for (Future<List<AttemptTracer>> one : staying) {
                    assertThat(one.get()).allMatch(AttemptTracer::isHopeless).allSatisfy(OpenCallsTest::end);
                }
            }
            enough.set(true);
            assertThat(looks.get(60, TimeUnit.SECONDS)).isPositive();
            assertThat(waiting.isHopeless()).isFalse();
        } finally {
            enough.set(true);
            pool.shutdownNow();
        }
    }

    private List<AttemptTracer> addAndEndMost(CyclicBarrier begin) throws Exception {
        List<AttemptTracer> made = IntStream.range(0, 400).mapToObj(i -> call()).toList();
        begin.await(60, TimeUnit.SECONDS);
        List<AttemptTracer> staying = new ArrayList<>();
        for (int i = 0; i < made.size(); i++) {
            calls.add(made.get(i));
            if (i % 10 == 0) {
                staying.add(made.get(i));
            } else {
                end(made.get(i));
            }
        }
        return staying;
    }
}
