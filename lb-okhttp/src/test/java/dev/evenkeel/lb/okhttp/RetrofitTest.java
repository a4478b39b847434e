package dev.evenkeel.lb.okhttp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import okhttp3.ResponseBody;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import retrofit2.Call;
import retrofit2.Retrofit;
import retrofit2.http.GET;
import retrofit2.http.Path;

/** Retrofit takes the client as it is. */
class RetrofitTest {
    @RegisterExtension
    private final Fleet fleet = new Fleet();

    /** An API as users write it. */
    interface Orders {
        @GET("v1/orders/{id}")
        Call<ResponseBody> order(@Path("id") String id);

        @GET("v1/orders/{id}")
        CompletableFuture<ResponseBody> orderLater(@Path("id") String id);
    }

    @Test
    void interfacesAreBalancedSynchronouslyAndAsynchronously() throws IOException {
        fleet.balancing(lb -> lb.policy(LoadBalancingPolicy.roundRobin()));
        Server a = fleet.add(request -> Server.ok(request.getTarget()));
        Server b = fleet.add(request -> Server.ok(request.getTarget()));
        Orders orders = new Retrofit.Builder()
                .baseUrl("http://" + Fleet.SERVICE + "/")
                .callFactory(fleet.client())
                .build()
                .create(Orders.class);
        for (int i = 0; i < 5; i++) {
            assertThat(orders.order("42").execute().body().string()).isEqualTo("/v1/orders/42");
            assertThat(orders.orderLater("43").join().string()).isEqualTo("/v1/orders/43");
        }
        assertThat(a.requests()).hasSize(5);
        assertThat(b.requests()).hasSize(5);
        fleet.awaitNothingInFlight();
    }
}
