package dev.evenkeel.benchmarks;

import dev.evenkeel.lb.endpoint.Endpoint;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import okhttp3.Call;
import okhttp3.Callback;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;

/** What needs counting rather than timing: how many connections are opened, and what a limit on calls to one host does. */
final class OkHttpCounts {
    private OkHttpCounts() {}

    public static void main(String[] args) throws Exception {
        System.out.println("connects for 400 calls in a row to 20 endpoints");
        MemoryNetwork stock = new MemoryNetwork();
        List<Endpoint> fleet = Clients.endpoints(20, 8080);
        callInARow(Clients.rewriting(over(stock), fleet));
        System.out.println("  rewrite interceptor, OkHttp's pool: " + stock.connects());
        MemoryNetwork ours = new MemoryNetwork();
        callInARow(Clients.balanced(over(ours), fleet, UnaryOperator.identity()));
        System.out.println("  balanced: " + ours.connects());

        System.out.println("ms for 80 asynchronous calls of 300 ms to 4 endpoints");
        List<Endpoint> four = Clients.endpoints(4, 8080);
        OkHttpClient slow = over(new MemoryNetwork())
                .newBuilder()
                .addNetworkInterceptor(
                        chain -> { // the wait stands for the server's work
                            pause();
                            return chain.proceed(chain.request());
                        })
                .build();
        System.out.println("  plain OkHttp, one host: " + callAtOnce(slow, Clients.request("http://127.0.0.1:8080/")));
        System.out.println(
                "  balanced: " + callAtOnce(Clients.balanced(slow, four, UnaryOperator.identity()), Clients.BALANCED));
        System.exit(0); // OkHttp's threads would stay for a minute
    }

    private static OkHttpClient over(MemoryNetwork network) {
        return new OkHttpClient.Builder().socketFactory(network).build();
    }

    private static void callInARow(OkHttpClient client) throws IOException {
        for (int i = 0; i < 400; i++) {
            Clients.execute(client, Clients.BALANCED);
        }
    }

    private static long callAtOnce(OkHttpClient client, Request request) throws InterruptedException {
        long start = System.nanoTime();
        CountDownLatch answers = new CountDownLatch(80);
        Callback callback = new Callback() {
            @Override
            public void onResponse(Call call, Response response) {
                response.close();
                answers.countDown();
            }

            @Override
            public void onFailure(Call call, IOException failure) {
                throw new IllegalStateException(failure);
            }
        };
        for (int i = 0; i < 80; i++) {
            client.newCall(request).enqueue(callback);
        }
        answers.await();
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
    }

    private static void pause() throws IOException {
        try {
            TimeUnit.MILLISECONDS.sleep(300);
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }
}
