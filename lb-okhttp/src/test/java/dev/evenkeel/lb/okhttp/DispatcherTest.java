package dev.evenkeel.lb.okhttp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import okhttp3.Call;
import okhttp3.Callback;
import okhttp3.Dispatcher;
import okhttp3.OkHttpClient;
import okhttp3.Response;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A service is one host to OkHttp, whose stock limit is five requests to a host. */
class DispatcherTest {
    private static final int AT_ONCE = 60;

    @RegisterExtension
    private final Fleet fleet = new Fleet();

    @Test
    @Timeout(120)
    void asynchronousCallsAreNotHeldBackByTheNumberFive() throws InterruptedException {
        fleet.balancing(lb -> lb.policy(LoadBalancingPolicy.roundRobin()));
        CountDownLatch together = new CountDownLatch(AT_ONCE);
        CountDownLatch done = new CountDownLatch(AT_ONCE);
        AtomicInteger succeeded = new AtomicInteger();
        for (int i = 0; i < 4; i++) {
            fleet.add(request -> {
                together.countDown();
                try {
                    together.await(); // for all the others: with a limit of five this would never end
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                return Server.ok("hello");
            });
        }
        for (int i = 0; i < AT_ONCE; i++) {
            fleet.client().newCall(fleet.request("/").build()).enqueue(new Callback() {
                @Override
                public void onFailure(Call call, IOException failure) {
                    done.countDown();
                }

                @Override
                public void onResponse(Call call, Response response) throws IOException {
                    try (response) {
                        response.body().string();
                        succeeded.incrementAndGet();
                    } finally {
                        done.countDown();
                    }
                }
            });
        }
        done.await();
        assertThat(succeeded).hasValue(AT_ONCE);
    }

    @Test
    void dispatcherOfTheUserIsNotChanged() {
        OkHttpClient original = new OkHttpClient();
        fleet.client(c -> original.newBuilder());
        Dispatcher ours = fleet.client().dispatcher();
        assertThat(ours).isNotSameAs(original.dispatcher());
        assertThat(original.dispatcher().getMaxRequestsPerHost()).isEqualTo(5);
        assertThat(original.dispatcher().getMaxRequests()).isEqualTo(64);
    }

    @Test
    void limitThatTheUserSetIsKept() {
        Dispatcher users = new Dispatcher();
        users.setMaxRequestsPerHost(7);
        fleet.client(c -> c.dispatcher(users));
        assertThat(fleet.client().dispatcher()).isSameAs(users);
    }

    @Test
    void dispatcherCanBeGiven() {
        Dispatcher own = new Dispatcher();
        fleet.wrapping(b -> b.dispatcher(own));
        assertThat(fleet.client().dispatcher()).isSameAs(own);
    }
}
