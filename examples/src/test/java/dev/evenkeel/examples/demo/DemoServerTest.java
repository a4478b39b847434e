package dev.evenkeel.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DemoServerTest {
    private final ScheduledExecutorService replies = Executors.newScheduledThreadPool(1, Threads.named("demo-replies"));
    private final DemoServer server = start();
    private final OkHttpClient client =
            new OkHttpClient.Builder().retryOnConnectionFailure(false).build();

    @AfterEach
    void close() {
        server.close();
        replies.shutdownNow();
        client.connectionPool().evictAll();
    }

    @Test
    void countsWhatItAnswers() throws IOException {
        assertThat(status()).isEqualTo(200);
        server.failAtOnce();
        assertThat(status()).isEqualTo(503);
        server.beWell();
        assertThat(status()).isEqualTo(200);
        assertThat(server.requests()).isEqualTo(3);
    }

    @Test
    void aSlowServerTakesItsTime() throws IOException {
        server.slowDownTo(Duration.ofMillis(100));

        long start = System.nanoTime();
        status();

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(70));
    }

    @Test
    void aKilledServerRefusesConnectionsUntilItIsStartedAgain() throws IOException {
        status();
        server.kill();
        client.connectionPool().evictAll();
        assertThatThrownBy(this::status).isInstanceOf(ConnectException.class);

        server.revive();
        assertThat(status()).isEqualTo(200);
        assertThat(server.mood()).isEqualTo(DemoServer.Mood.OK);
    }

    private int status() throws IOException {
        Request request =
                new Request.Builder().url("http://" + server.address() + "/").build();
        try (Response response = client.newCall(request).execute()) {
            return response.code();
        }
    }

    private DemoServer start() {
        try {
            return DemoServer.start("orders-1", Duration.ofMillis(1), replies);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
