package dev.evenkeel.lb.okhttp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.call.Outcome.Kind;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.time.VirtualTime;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import okhttp3.Connection;
import okhttp3.MediaType;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.RequestBody;
import okio.BufferedSink;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A server closes connections that are idle: what is sent next over one of them, and may not be sent twice, is not lost for that. */
class ClosedWhileIdleTest {
    private static final int CALLERS = 8;

    @RegisterExtension
    private final Fleet fleet = new Fleet();

    private final VirtualTime time = new VirtualTime(); // in which connections are idle
    private final List<Connection> used = Collections.synchronizedList(new ArrayList<>());
    private final CountDownLatch all = new CountDownLatch(CALLERS);

    private Server serve(boolean tls) {
        if (tls) {
            fleet.tls(Fleet.SERVICE).protocols(Protocol.HTTP_1_1);
        }
        fleet.wrapping(w -> w.ticker(time))
                .client(c -> c.addNetworkInterceptor(chain -> {
                    used.add(chain.connection());
                    return chain.proceed(chain.request());
                }));
        return fleet.add(request -> {
            if (request.getTarget().equals("/all")) {
                awaitAll();
            }
            return Server.ok("fine");
        });
    }

    /** Answers when all callers ask, each over a connection of its own then. */
    private void awaitAll() {
        all.countDown();
        try {
            assertThat(all.await(20, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Request.Builder post(String path) {
        return fleet.request(path).post(RequestBody.create("once", MediaType.get("text/plain")));
    }

    private List<String> askAtATime(Request request) throws Exception {
        List<CompletableFuture<String>> answers = new ArrayList<>();
        for (int i = 0; i < CALLERS; i++) {
            answers.add(Enqueued.end(fleet.client().newCall(request)));
        }
        List<String> told = new ArrayList<>();
        for (CompletableFuture<String> answer : answers) {
            told.add(answer.get(20, TimeUnit.SECONDS));
        }
        return told;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void postsOverConnectionsThatTheServerHasClosedAreAnsweredAndExecutedOnce(boolean tls) throws Exception {
        Server server = serve(tls);
        assertThat(askAtATime(post("/all").build())).containsOnly("200");
        assertThat(server.connections()).isEqualTo(CALLERS);
        server.dropConnections();
        time.advance(Duration.ofSeconds(1));

        assertThat(askAtATime(post("/").build())).containsOnly("200");

        assertThat(server.requests()).hasSize(2 * CALLERS);
        assertThat(fleet.kinds()).containsOnly(Kind.SUCCESS);
        assertThat(fleet.balanced().misrouted()).isZero();
        fleet.awaitNothingInFlight();
    }

    @Test
    void aBodyThatCanBeSentOnlyOnceIsSentOnce() throws IOException {
        Server server = serve(false);
        assertThat(fleet.ask(post("/").build())).isEqualTo("200 fine");
        server.dropConnections();
        time.advance(Duration.ofSeconds(1));
        AtomicInteger written = new AtomicInteger();
        RequestBody once = new RequestBody() {
            @Override
            public MediaType contentType() {
                return MediaType.get("text/plain");
            }

            @Override
            public boolean isOneShot() {
                return true;
            }

            @Override
            public void writeTo(BufferedSink sink) throws IOException {
                written.incrementAndGet();
                sink.writeUtf8("once");
            }
        };
        assertThat(fleet.ask(fleet.request("/").put(once).build())).isEqualTo("200 fine");
        assertThat(written).hasValue(1);
        assertThat(server.requests()).hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aConnectionThatIsStillOpenIsUsedAgain(boolean tls) throws IOException {
        Server server = serve(tls);
        for (int i = 0; i < 5; i++) {
            assertThat(fleet.ask(post("/").build())).isEqualTo("200 fine");
            time.advance(Duration.ofSeconds(1));
        }
        assertThat(server.connections()).isOne();
        assertThat(used.get(0).socket().getSoTimeout()).as("as before").isEqualTo(10_000);
    }

    /** HAProxy says that it has waited long enough for a request before it closes a connection: to whom nothing was asked. */
    @ParameterizedTest
    @ValueSource(strings = {"GET", "POST"})
    void anAnswerThatNobodyAskedForIsNoAnswer(String method) throws Exception {
        fleet.wrapping(w -> w.ticker(time));
        try (ImpatientServer server = new ImpatientServer()) {
            fleet.source().put(server.endpoint());
            Request request = (method.equals("GET") ? fleet.request("/") : post("/")).build();
            assertThat(fleet.ask(request)).isEqualTo("200 fine");
            server.saidGoodbye.await();
            time.advance(Duration.ofSeconds(1));
            assertThat(fleet.ask(request)).isEqualTo("200 fine");
        }
    }

    /** Answers the first request of each connection; on the first one it then says 408 and closes it. */
    private static final class ImpatientServer implements AutoCloseable {
        private final ServerSocket socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        private final CountDownLatch saidGoodbye = new CountDownLatch(1);

        ImpatientServer() throws IOException {
            Thread thread = new Thread(this::serve, "ImpatientServer");
            thread.setDaemon(true);
            thread.start();
        }

        Endpoint endpoint() {
            return Endpoint.of("127.0.0.1", socket.getLocalPort());
        }

        private void serve() {
            try {
                while (true) {
                    try (Socket connection = socket.accept()) {
                        answer(connection);
                    }
                    saidGoodbye.countDown();
                }
            } catch (IOException e) {
                // It was closed.
            }
        }

        private static void answer(Socket connection) throws IOException {
            BufferedReader in =
                    new BufferedReader(new InputStreamReader(connection.getInputStream(), StandardCharsets.UTF_8));
            int length = 0;
            for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
                if (line.startsWith("Content-Length: ")) {
                    length = Integer.parseInt(line.substring("Content-Length: ".length()));
                }
            }
            for (int i = 0; i < length; i++) {
                int unused = in.read();
            }
            connection
                    .getOutputStream()
                    .write(("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine"
                                    + "HTTP/1.1 408 Request Time-out\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                            .getBytes(StandardCharsets.UTF_8));
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
