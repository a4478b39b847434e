package dev.evenkeel.lb.okhttp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.endpoint.Endpoint;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import okhttp3.Call;
import okhttp3.ConnectionPool;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * Callers who ask again as soon as they are answered, and what became of each call. Four calls of ten are POSTs. Each carries a number,
 * so that servers can tell whether they executed one twice.
 */
final class Crowd {
    /** The header with the number of a call. */
    static final String NUMBER = "Call-Number";

    private static final MediaType TEXT = MediaType.get("text/plain");

    private final Fleet fleet;
    private final int callers;
    private final AtomicInteger begun = new AtomicInteger();
    private final AtomicInteger done = new AtomicInteger();
    private final AtomicInteger mostWaiting = new AtomicInteger();
    private final Queue<Told> told = new ConcurrentLinkedQueue<>();
    private final Set<Call> running = ConcurrentHashMap.newKeySet();
    private final Set<ConnectionPool> pools = ConcurrentHashMap.newKeySet();
    private final List<Future<?>> asking = new ArrayList<>();
    private volatile int end; // written by the test: the number of the first call that is not made
    private volatile @Nullable Endpoint watched; // written by the test

    /** What one caller was told. */
    record Told(int number, boolean post, String answer, Attempts attempts) {
        boolean isFailure() {
            return !answer.startsWith("200");
        }

        /** Whether it ended with an attempt that did not get a connection. */
        boolean wasNotSent() {
            List<Attempts.Tried> tried = attempts.tried();
            Outcome last = tried.isEmpty() ? null : tried.get(tried.size() - 1).outcome();
            return last == null || last.kind() == Outcome.Kind.CONNECT_FAILED;
        }
    }

    /** Is made before the fleet's client, whose pools it watches. */
    Crowd(Fleet fleet, int callers) {
        this.fleet = fleet;
        this.callers = callers;
    }

    /** Adds to the client what shows its pools. */
    OkHttpClient.Builder watch(OkHttpClient.Builder client) {
        return client.addNetworkInterceptor(chain -> {
            pools.add(chain.getConnectionPool());
            return chain.proceed(chain.request());
        });
    }

    /** Makes so many calls and waits for the end of all. */
    void make(int calls) {
        begin(calls);
        await();
    }

    /** Begins to make so many calls. */
    void begin(int calls) {
        end = begun.get() + calls;
        ExecutorService threads = Executors.newFixedThreadPool(callers);
        for (int i = 0; i < callers; i++) {
            asking.add(threads.submit(this::askOn));
        }
        threads.shutdown();
    }

    /** Makes no more calls than have begun, and waits for their end. */
    void stop() {
        end = 0;
        await();
    }

    /** Waits for the end of all calls. */
    void await() {
        for (Future<?> caller : asking) {
            try {
                caller.get();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (ExecutionException e) {
                throw new AssertionError(e);
            }
        }
        asking.clear();
        begun.set(done.get());
    }

    /** Waits until so many more calls have ended, and those that ran when this was asked. */
    void awaitMore(int calls) {
        int enough = done.get() + calls;
        List<Call> before = List.copyOf(running);
        Until.until(calls + " more calls have ended", () -> done.get() >= enough);
        Until.until("all callers have come back", () -> before.stream().noneMatch(running::contains));
    }

    /** Counts from now on how many callers wait for an answer of this endpoint at a time. */
    void watch(Endpoint endpoint) {
        mostWaiting.set(0);
        watched = endpoint;
    }

    /** Returns the most callers that waited for the watched endpoint when any call ended. */
    int mostWaiting() {
        return mostWaiting.get();
    }

    int waitingAt(Endpoint endpoint) {
        int waiting = 0;
        for (Call call : running) {
            List<Attempts.Tried> tried = Attempts.of(call).tried();
            if (!tried.isEmpty()) {
                Attempts.Tried latest = tried.get(tried.size() - 1);
                waiting += latest.outcome() == null && latest.endpoint().equals(endpoint) ? 1 : 0;
            }
        }
        return waiting;
    }

    private void askOn() {
        for (int number = begun.getAndIncrement(); number < end; number = begun.getAndIncrement()) {
            ask(number);
            Endpoint endpoint = watched;
            if (endpoint != null) {
                mostWaiting.accumulateAndGet(waitingAt(endpoint), Math::max);
            }
        }
    }

    private void ask(int number) {
        boolean post = number % 5 < 2;
        Request.Builder request = fleet.request("/" + number).header(NUMBER, String.valueOf(number));
        Call call = fleet.client()
                .newCall((post ? request.post(RequestBody.create("order " + number, TEXT)) : request).build());
        running.add(call);
        String answer;
        try (Response response = call.execute()) {
            answer = response.code() + " " + response.body().string();
        } catch (IOException e) {
            answer = String.valueOf(e);
        }
        told.add(new Told(number, post, answer, Attempts.of(call)));
        running.remove(call);
        done.incrementAndGet();
    }

    int done() {
        return done.get();
    }

    List<Told> told() {
        return List.copyOf(told);
    }

    List<Told> failed(Predicate<Told> which) {
        return told.stream().filter(Told::isFailure).filter(which).toList();
    }

    List<Told> failedGets() {
        return failed(one -> !one.post());
    }

    List<Told> failedPosts() {
        return failed(Told::post);
    }

    /** Checks that no POST was executed twice, and that every call was executed that succeeded. */
    void assertExecutedOnce(Executed executed) {
        for (Told call : told) {
            int times = executed.times(call);
            assertThat(times).as(call.toString()).isBetween(call.isFailure() ? 0 : 1, call.post() ? 1 : 4);
        }
    }

    /** Checks what holds after every story: no call asked an endpoint twice, and nothing is in flight, in use or open any more. */
    void assertNothingIsLeftBehind() {
        await();
        assertThat(told).allSatisfy(one -> {
            List<String> asked = one.attempts().tried().stream()
                    .map(tried -> tried.endpoint().address())
                    .toList();
            assertThat(new HashSet<>(asked)).as(one.toString()).hasSameSizeAs(asked);
        });
        fleet.awaitNothingInFlight();
        assertThat(fleet.loadBalancer().endpoints())
                .allSatisfy(status -> assertThat(status.inFlight()).isZero());
        assertThat(fleet.balanced().misrouted()).isZero();
        assertThat(fleet.balanced().leaked()).isZero();
        for (ConnectionPool pool : pools) {
            Until.until("no connection is in use", () -> pool.connectionCount() == pool.idleConnectionCount());
            assertThat(pool.connectionCount()).isLessThanOrEqualTo(32);
        }
        fleet.balanced().close();
        for (ConnectionPool pool : pools) {
            Until.until("no connection is open", () -> pool.connectionCount() == 0);
        }
        assertThat(fleet.client().connectionPool().connectionCount()).isZero();
    }
}
