package dev.evenkeel.lb.okhttp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import mockwebserver3.MockResponse;
import mockwebserver3.RecordedRequest;
import mockwebserver3.SocketEffect;
import okhttp3.Cache;
import okhttp3.CacheControl;
import okhttp3.Call;
import okhttp3.Connection;
import okhttp3.EventListener;
import okhttp3.HttpUrl;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import okhttp3.WebSocket;
import okhttp3.WebSocketListener;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The same client with and without us, side by side: what OkHttp repeats, follows or has kept ends as well with us. */
class RepeatsBesideStockTest {
    private static final int REFUSED_STREAM = 7; // RFC 9113, section 7
    private static final MediaType TEXT = MediaType.get("text/plain");

    @RegisterExtension
    private final Fleet fleet = new Fleet();

    @TempDir
    private Path folder;

    /**
     * What can be seen from outside. How a listener hears of connections is not compared, as we make others.
     *
     * @param answers what the caller was told
     * @param served how many requests the server has answered
     * @param events what a listener heard of the calls and of answers
     */
    record Seen(List<String> answers, int served, List<String> events) {}

    /** A client, where it sends its calls, and the latest connection that it used. */
    record Stage(OkHttpClient client, HttpUrl url, Server server, AtomicReference<Connection> latest) {
        /** Has the server close its connections, and waits until that can be known here. */
        void dropConnections() {
            server.dropConnections();
            Connection connection = latest.get();
            long begin = System.nanoTime();
            if (connection.protocol() != Protocol.HTTP_1_1) { // somebody always reads it, and closes it
                Until.until("it is closed here too", () -> connection.socket().isClosed());
            }
            // Longer than a connection is idle before it is looked at. However much longer it takes, the outcome is the
            // same.
            Until.until("connections have been idle", () -> System.nanoTime() - begin > 200_000_000L);
        }

        String ask(Request.Builder request) {
            try (Response response = client.newCall(request.url(url).build()).execute()) {
                return response.code() + " " + response.body().string();
            } catch (IOException e) {
                return e.getClass().getSimpleName();
            }
        }

        String get() {
            return ask(new Request.Builder());
        }

        String post() {
            return ask(new Request.Builder().post(RequestBody.create("order", TEXT)));
        }
    }

    /** Something that happens to calls. */
    enum Situation {
        REQUEST_TIMEOUT {
            @Override
            MockResponse answer(RecordedRequest request, int number) {
                return number == 1 ? Server.status(408) : Server.ok("fine");
            }

            @Override
            List<String> run(Stage stage) {
                return List.of(stage.get());
            }
        },
        REQUEST_TIMEOUT_OF_A_POST {
            @Override
            MockResponse answer(RecordedRequest request, int number) {
                return number == 1 ? Server.status(408) : Server.ok("fine");
            }

            @Override
            List<String> run(Stage stage) {
                return List.of(stage.post());
            }
        },
        REQUEST_TIMEOUT_AGAIN_AND_AGAIN {
            @Override
            MockResponse answer(RecordedRequest request, int number) {
                return Server.status(408);
            }

            @Override
            List<String> run(Stage stage) {
                return List.of(stage.get(), stage.post());
            }
        },
        REQUEST_TIMEOUT_OF_A_WEB_SOCKET {
            @Override
            boolean fits(Protocol protocol) {
                return protocol == Protocol.HTTP_1_1;
            }

            @Override
            MockResponse answer(RecordedRequest request, int number) {
                return number == 1
                        ? Server.status(408)
                        : new MockResponse.Builder()
                                .webSocketUpgrade(new WebSocketListener() {})
                                .build();
            }

            @Override
            List<String> run(Stage stage) throws Exception {
                CompletableFuture<String> opened = new CompletableFuture<>();
                WebSocket socket = stage.client()
                        .newWebSocket(new Request.Builder().url(stage.url()).build(), new WebSocketListener() {
                            @Override
                            public void onOpen(WebSocket open, Response response) {
                                opened.complete("open " + response.code());
                            }

                            @Override
                            public void onFailure(WebSocket failed, Throwable t, @Nullable Response response) {
                                opened.complete("failed " + t.getMessage());
                            }
                        });
                String told = opened.get(20, TimeUnit.SECONDS);
                socket.cancel();
                return List.of(told);
            }
        },
        REFUSED_STREAM_ONCE {
            @Override
            boolean fits(Protocol protocol) {
                return protocol != Protocol.HTTP_1_1;
            }

            @Override
            MockResponse answer(RecordedRequest request, int number) {
                return number == 1
                        ? new MockResponse.Builder()
                                .onResponseStart(new SocketEffect.CloseStream(REFUSED_STREAM))
                                .build()
                        : Server.ok("fine");
            }

            @Override
            List<String> run(Stage stage) {
                return List.of(stage.get());
            }
        },
        CONNECTIONS_CLOSED_BEFORE_A_GET {
            @Override
            List<String> run(Stage stage) {
                String first = stage.get();
                stage.dropConnections();
                return List.of(first, stage.get(), stage.get());
            }
        },
        CONNECTIONS_CLOSED_BEFORE_A_POST {
            @Override
            List<String> run(Stage stage) {
                String first = stage.post();
                stage.dropConnections();
                return List.of(first, stage.post(), stage.post());
            }
        },
        SERVER_GONE {
            @Override
            List<String> run(Stage stage) {
                stage.server().close();
                return List.of(stage.get(), stage.post());
            }
        },
        UNAVAILABLE_FOR_NO_TIME {
            @Override
            MockResponse answer(RecordedRequest request, int number) {
                return number == 1
                        ? new MockResponse.Builder()
                                .code(503)
                                .addHeader("Retry-After", "0")
                                .build()
                        : Server.ok("fine");
            }

            @Override
            List<String> run(Stage stage) {
                return List.of(stage.post());
            }
        },
        REDIRECTED {
            @Override
            MockResponse answer(RecordedRequest request, int number) {
                return number == 1
                        ? new MockResponse.Builder()
                                .code(307)
                                .addHeader("Location", "/next")
                                .build()
                        : Server.ok("fine");
            }

            @Override
            List<String> run(Stage stage) {
                return List.of(stage.post());
            }
        },
        REDIRECTED_TO_ANOTHER_HOST {
            @Override
            MockResponse answer(RecordedRequest request, int number) {
                return number == 1
                        ? new MockResponse.Builder()
                                .code(302)
                                .addHeader(
                                        "Location",
                                        "http://other.test:" + request.getUrl().queryParameter("port"))
                                .build()
                        : Server.ok("fine");
            }

            @Override
            List<String> run(Stage stage) {
                return List.of(stage.ask(new Request.Builder()));
            }
        },
        KEPT_WHEN_THE_SERVER_IS_GONE {
            @Override
            MockResponse answer(RecordedRequest request, int number) {
                return new MockResponse.Builder()
                        .addHeader("Cache-Control", "max-age=600")
                        .body("kept")
                        .build();
            }

            @Override
            List<String> run(Stage stage) {
                String first = stage.get();
                stage.server().close();
                return List.of(
                        first,
                        stage.get(),
                        stage.ask(new Request.Builder().cacheControl(CacheControl.FORCE_CACHE)),
                        stage.ask(new Request.Builder().cacheControl(CacheControl.FORCE_NETWORK)));
            }
        },
        NOT_KEPT {
            @Override
            List<String> run(Stage stage) {
                return List.of(stage.ask(new Request.Builder().cacheControl(CacheControl.FORCE_CACHE)));
            }
        };

        boolean fits(Protocol protocol) {
            return true;
        }

        MockResponse answer(RecordedRequest request, int number) {
            return Server.ok("fine");
        }

        abstract List<String> run(Stage stage) throws Exception;
    }

    static Stream<Arguments> all() {
        return Stream.of(Protocol.HTTP_1_1, Protocol.H2_PRIOR_KNOWLEDGE)
                .flatMap(protocol -> Stream.of(Situation.values())
                        .filter(situation -> situation.fits(protocol))
                        .map(situation -> Arguments.of(situation, protocol)));
    }

    @ParameterizedTest
    @MethodSource("all")
    void attemptsOneByOne(Situation situation, Protocol protocol) throws Exception {
        fleet.protocols(protocol);
        assertThat(balanced(situation)).isEqualTo(stock(situation));
    }

    @ParameterizedTest
    @MethodSource("all")
    void attemptsThatMayHaveCompany(Situation situation, Protocol protocol) throws Exception {
        fleet.protocols(protocol).balancing(lb -> lb.attemptTimeout(Duration.ofHours(1)));
        assertThat(balanced(situation)).isEqualTo(stock(situation));
    }

    private Seen balanced(Situation situation) throws Exception {
        AtomicInteger served = new AtomicInteger();
        Heard heard = new Heard();
        Server server = fleet.add(request -> situation.answer(request, served.incrementAndGet()));
        AtomicReference<Connection> latest = new AtomicReference<>();
        fleet.client(c -> noting(latest, c)
                .eventListener(heard)
                .cache(new Cache(folder.resolve("balanced").toFile(), 1 << 20)));
        HttpUrl url = url(80, server);
        List<String> answers = situation.run(new Stage(fleet.client(), url, server, latest));
        fleet.awaitNothingInFlight();
        return new Seen(answers, served.get(), heard.all());
    }

    private Seen stock(Situation situation) throws Exception {
        AtomicInteger served = new AtomicInteger();
        Heard heard = new Heard();
        try (Server server = fleet.server(request -> situation.answer(request, served.incrementAndGet()))) {
            AtomicReference<Connection> latest = new AtomicReference<>();
            OkHttpClient client = noting(latest, fleet.plainClient())
                    .eventListener(heard)
                    .cache(new Cache(folder.resolve("stock").toFile(), 1 << 20))
                    .build();
            try {
                List<String> answers =
                        situation.run(new Stage(client, url(server.endpoint().port(), server), server, latest));
                return new Seen(answers, served.get(), heard.all());
            } finally {
                client.connectionPool().evictAll();
                client.dispatcher().executorService().shutdown();
            }
        }
    }

    private static OkHttpClient.Builder noting(AtomicReference<Connection> latest, OkHttpClient.Builder client) {
        return client.addNetworkInterceptor(chain -> {
            latest.set(chain.connection());
            return chain.proceed(chain.request());
        });
    }

    private static HttpUrl url(int port, Server server) {
        return new HttpUrl.Builder()
                .scheme("http")
                .host(Fleet.SERVICE)
                .port(port)
                .addQueryParameter("port", "" + server.endpoint().port())
                .build();
    }

    /** An attempt of ours may be a call of its own; what is heard of its beginning and end is left out. */
    private static final class Heard extends EventListener {
        private final List<String> heard = Collections.synchronizedList(new ArrayList<>());
        private int running; // guarded by this

        private synchronized boolean isOuter(int change) {
            boolean outer = change > 0 ? running == 0 : running == 1;
            running += change;
            return outer;
        }

        @Override
        public void callStart(Call call) {
            if (isOuter(1)) {
                heard.add("callStart");
            }
        }

        @Override
        public void responseHeadersEnd(Call call, Response response) {
            heard.add("answer " + response.code());
        }

        @Override
        public void cacheHit(Call call, Response response) {
            heard.add("cacheHit");
        }

        @Override
        public void callEnd(Call call) {
            end("callEnd");
        }

        @Override
        public void callFailed(Call call, IOException failure) {
            end("callFailed");
        }

        private void end(String how) {
            if (isOuter(-1)) {
                heard.add(how);
            }
        }

        List<String> all() {
            return List.copyOf(heard);
        }
    }
}
