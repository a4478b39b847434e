package dev.evenkeel.lb.okhttp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Stream;
import mockwebserver3.MockResponse;
import okhttp3.Call;
import okhttp3.EventListener;
import okhttp3.HttpUrl;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.Response;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The same client with and without us, side by side: calls that end in an unusual way end in the same one. */
class BesideStockTest {
    @RegisterExtension
    private final Fleet fleet = new Fleet();

    private final AtomicInteger served = new AtomicInteger();

    /** What the caller sees. Messages are left out where they name a socket or a stream. */
    record Seen(String end, boolean cancelled, int served) {}

    /**
     * What there is beside a call.
     *
     * @param another makes one like it
     * @param connecting is counted down when a socket hangs
     */
    record Scene(Supplier<Call> another, CountDownLatch connecting) {}

    /** Something that happens to a call. */
    enum Situation {
        NOTHING,
        CANCELLED_BEFORE_IT_BEGAN {
            @Override
            Object end(Call call, Scene scene) throws Throwable {
                call.cancel();
                return read(call);
            }
        },
        CANCELLED_WHILE_THE_BODY_IS_READ {
            @Override
            Object end(Call call, Scene scene) throws Throwable {
                try (Response response = call.execute()) {
                    call.cancel();
                    response.body().bytes();
                    return "read";
                } catch (IOException e) {
                    return "broken off";
                }
            }

            @Override
            MockResponse answer() {
                return slow(); // so that it cannot have come already
            }
        },
        OUT_OF_TIME_WHILE_THE_BODY_IS_READ {
            @Override
            OkHttpClient.Builder with(OkHttpClient.Builder client, CountDownLatch connecting) {
                return client.callTimeout(Fleet.SOON);
            }

            @Override
            MockResponse answer() {
                return slow();
            }
        },
        INTERRUPTED_WHILE_CONNECTING {
            @Override
            OkHttpClient.Builder with(OkHttpClient.Builder client, CountDownLatch connecting) {
                return client.socketFactory(new OwnSockets(() -> new HangingSocket(connecting)));
            }

            @Override
            Object end(Call call, Scene scene) throws Throwable {
                CompletableFuture<Object> end = new CompletableFuture<>();
                Thread caller = new Thread(() -> {
                    try {
                        end.complete(read(call));
                    } catch (Throwable e) {
                        end.complete(e.getClass().getSimpleName() + " "
                                + Thread.currentThread().isInterrupted());
                    }
                });
                caller.start();
                scene.connecting().await();
                caller.interrupt();
                return end.get(20, TimeUnit.SECONDS);
            }
        },
        SENT_AGAIN_WITH_THE_ANSWER_OPEN {
            @Override
            OkHttpClient.Builder with(OkHttpClient.Builder client, CountDownLatch connecting) {
                return client.addInterceptor(chain -> {
                    try (Response open = chain.proceed(chain.request())) {
                        assertThat(open.isSuccessful()).isTrue();
                        return chain.proceed(chain.request());
                    }
                });
            }
        },
        SENT_AGAIN_AFTER_CLOSING_THE_ANSWER {
            @Override
            OkHttpClient.Builder with(OkHttpClient.Builder client, CountDownLatch connecting) {
                return client.addInterceptor(chain -> {
                    chain.proceed(chain.request()).close();
                    return chain.proceed(chain.request());
                });
            }
        },
        ERROR_OF_AN_EVENT_LISTENER {
            /** Over HTTP/2 the headers are on their way by then, and whether the server sees them is chance. */
            @Override
            boolean fits(Protocol protocol) {
                return protocol == Protocol.HTTP_1_1;
            }

            @Override
            OkHttpClient.Builder with(OkHttpClient.Builder client, CountDownLatch connecting) {
                return client.eventListener(new EventListener() {
                    @Override
                    public void requestHeadersEnd(Call call, Request request) {
                        throw new StackOverflowError("in a listener");
                    }
                });
            }
        },
        ERROR_OF_A_NETWORK_INTERCEPTOR {
            @Override
            OkHttpClient.Builder with(OkHttpClient.Builder client, CountDownLatch connecting) {
                return client.addNetworkInterceptor(chain -> {
                    throw new StackOverflowError("in an interceptor");
                });
            }
        },
        CANCELLED_IN_THE_QUEUE {
            @Override
            Object end(Call call, Scene scene) throws Throwable {
                List<CompletableFuture<String>> ends = new ArrayList<>();
                for (int i = 0; i < 3; i++) {
                    Call queued = scene.another().get();
                    queued.cancel();
                    ends.add(Enqueued.end(queued));
                }
                List<String> told = new ArrayList<>();
                for (CompletableFuture<String> end : ends) {
                    told.add(end.get(20, TimeUnit.SECONDS));
                }
                return told;
            }
        };

        OkHttpClient.Builder with(OkHttpClient.Builder client, CountDownLatch connecting) {
            return client;
        }

        boolean fits(Protocol protocol) {
            return true;
        }

        MockResponse answer() {
            return Server.ok("0123456789".repeat(100_000));
        }

        private static MockResponse slow() {
            return new MockResponse.Builder()
                    .body("0123456789".repeat(1_000))
                    .throttleBody(1, 50, TimeUnit.MILLISECONDS)
                    .build();
        }

        /** Returns or throws what the caller gets. */
        Object end(Call call, Scene scene) throws Throwable {
            return read(call);
        }

        static Object read(Call call) throws IOException {
            try (Response response = call.execute()) {
                return response.code() + " " + response.body().bytes().length;
            }
        }
    }

    static Stream<Arguments> all() {
        return Stream.of(Protocol.HTTP_1_1, Protocol.H2_PRIOR_KNOWLEDGE)
                .flatMap(protocol -> Stream.of(Situation.values())
                        .filter(situation -> situation.fits(protocol))
                        .map(situation -> Arguments.of(situation, protocol)));
    }

    @ParameterizedTest
    @MethodSource("all")
    void attemptsOneByOne(Situation situation, Protocol protocol) {
        fleet.protocols(protocol);
        assertThat(balanced(situation)).isEqualTo(stock(situation));
    }

    @ParameterizedTest
    @MethodSource("all")
    void attemptsThatMayHaveCompany(Situation situation, Protocol protocol) {
        fleet.protocols(protocol).balancing(lb -> lb.attemptTimeout(Duration.ofHours(1)));
        assertThat(balanced(situation)).isEqualTo(stock(situation));
    }

    private Seen balanced(Situation situation) {
        CountDownLatch connecting = new CountDownLatch(1);
        fleet.client(c -> situation.with(c, connecting)).add(request -> serve(situation));
        Seen seen = see(situation, fleet.client(), fleet.request("/").build(), connecting);
        fleet.awaitNothingInFlight();
        return seen;
    }

    private Seen stock(Situation situation) {
        served.set(0);
        CountDownLatch connecting = new CountDownLatch(1);
        Server server = fleet.add(request -> serve(situation));
        OkHttpClient client = situation.with(fleet.plainClient(), connecting).build();
        HttpUrl url = HttpUrl.get("http://127.0.0.1:" + server.endpoint().port() + "/");
        try {
            return see(situation, client, new Request.Builder().url(url).build(), connecting);
        } finally {
            client.connectionPool().evictAll();
            client.dispatcher().executorService().shutdown();
        }
    }

    private MockResponse serve(Situation situation) {
        served.incrementAndGet();
        return situation.answer();
    }

    private Seen see(Situation situation, OkHttpClient client, Request request, CountDownLatch connecting) {
        Call call = client.newCall(request);
        String end;
        try {
            end = String.valueOf(situation.end(call, new Scene(() -> client.newCall(request), connecting)));
        } catch (Throwable e) { // which is what is compared
            end = e.getClass().getName() + ": " + e.getMessage();
        }
        return new Seen(end, call.isCanceled(), served.get());
    }
}
