package dev.evenkeel.examples;

import com.sun.net.httpserver.HttpServer;
import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.LoadBalancers;
import dev.evenkeel.lb.endpoint.EndpointSource;
import dev.evenkeel.lb.okhttp.EvenkeelOkHttp;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import okhttp3.OkHttpClient;
import retrofit2.Call;
import retrofit2.Retrofit;
import retrofit2.converter.scalars.ScalarsConverterFactory;
import retrofit2.http.GET;

/**
 * Retrofit over three servers, one of which stops halfway. Run it with {@code ./mvnw -q -Pdemo -pl examples -am process-classes
 * -Dexample=RetrofitExample}.
 */
public final class RetrofitExample {
    interface Orders {
        @GET("orders/42")
        Call<String> order();
    }

    private RetrofitExample() {}

    /** Makes ten calls, stops a server, and makes ten more. */
    public static void main(String[] args) throws IOException {
        List<HttpServer> servers = List.of(server("A"), server("B"), server("C"));
        String[] addresses = servers.stream().map(RetrofitExample::address).toArray(String[]::new);

        LoadBalancer balancer = LoadBalancer.builder("orders.svc")
                .endpoints(EndpointSource.of(addresses))
                .policy(LoadBalancingPolicy.roundRobin()) // to see them take turns; the default prefers the fastest
                .build();
        try (LoadBalancers services = LoadBalancers.of(balancer)) {
            OkHttpClient client = EvenkeelOkHttp.wrap(new OkHttpClient(), services);
            Orders orders = new Retrofit.Builder()
                    .baseUrl("http://orders.svc/")
                    .client(client)
                    .addConverterFactory(ScalarsConverterFactory.create())
                    .build()
                    .create(Orders.class);

            tenCalls(orders);
            servers.get(1).stop(0);
            System.out.println("B stops");
            tenCalls(orders);
        } finally {
            servers.forEach(server -> server.stop(0));
        }
    }

    private static void tenCalls(Orders orders) throws IOException {
        for (int i = 0; i < 10; i++) {
            System.out.println("answered by " + orders.order().execute().body());
        }
    }

    private static HttpServer server(String name) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, name.length());
            exchange.getResponseBody().write(name.getBytes(StandardCharsets.UTF_8));
            exchange.close();
        });
        server.start();
        return server;
    }

    private static String address(HttpServer server) {
        return "127.0.0.1:" + server.getAddress().getPort();
    }
}
