package dev.evenkeel.lb.okhttp;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import okhttp3.Call;
import okhttp3.EventListener;
import okhttp3.Interceptor;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;

/**
 * Throws from the places where code of the user's runs, as a header of the request asks for. Where a listener's error would keep OkHttp
 * itself from giving a connection back, none is thrown.
 */
final class Saboteur {
    static final String HEADER = "X-Sabotage";

    private Saboteur() {}

    /** Where what is thrown. */
    enum Act {
        NOTHING,
        BEFORE_IO,
        BEFORE_ERROR,
        BEFORE_AGAIN,
        AFTER_IO,
        AFTER_ERROR,
        NETWORK_IO,
        NETWORK_RUNTIME,
        NETWORK_ERROR,
        EVENT_CONNECT,
        EVENT_REQUEST,
        EVENT_ANSWER,
        EVENT_END,
        EVENT_FAILED
    }

    /** Adds what comes before ours. */
    static OkHttpClient.Builder before(OkHttpClient.Builder client) {
        return client.addInterceptor(Saboteur::aroundOurs)
                .addNetworkInterceptor(Saboteur::inTheNetwork)
                .eventListenerFactory(call -> act(call.request()).name().startsWith("EVENT")
                        ? new Listener(act(call.request()))
                        : EventListener.NONE);
    }

    /** Adds what comes after ours, to a client that has been wrapped. */
    static OkHttpClient after(OkHttpClient wrapped) {
        return wrapped.newBuilder()
                .addInterceptor(chain -> {
                    switch (act(chain.request())) {
                        case AFTER_IO -> throw new IOException("token server is down");
                        case AFTER_ERROR -> throw new StackOverflowError("in an interceptor after ours");
                        default -> {
                            return chain.proceed(chain.request());
                        }
                    }
                })
                .build();
    }

    private static Act act(Request request) {
        String name = request.header(HEADER);
        return name == null ? Act.NOTHING : Act.valueOf(name);
    }

    private static Response aroundOurs(Interceptor.Chain chain) throws IOException {
        Response response = chain.proceed(chain.request());
        switch (act(chain.request())) {
            case BEFORE_IO -> {
                response.close();
                throw new IOException("in an interceptor before ours");
            }
            case BEFORE_ERROR -> {
                response.close();
                throw new StackOverflowError("in an interceptor before ours");
            }
            case BEFORE_AGAIN -> {
                response.close();
                return chain.proceed(chain.request());
            }
            default -> {
                return response;
            }
        }
    }

    private static Response inTheNetwork(Interceptor.Chain chain) throws IOException {
        switch (act(chain.request())) {
            case NETWORK_IO -> throw new IOException("in a network interceptor");
            case NETWORK_RUNTIME -> throw new IllegalStateException("in a network interceptor");
            case NETWORK_ERROR -> {
                Response unused = chain.proceed(chain.request());
                throw new StackOverflowError("in a network interceptor");
            }
            default -> {
                return chain.proceed(chain.request());
            }
        }
    }

    private static final class Listener extends EventListener {
        private final Act act;

        Listener(Act act) {
            this.act = act;
        }

        private void at(Act event) {
            if (act == event) {
                throw new StackOverflowError("in an event listener at " + event);
            }
        }

        @Override
        public void connectStart(Call call, InetSocketAddress address, Proxy proxy) {
            at(Act.EVENT_CONNECT);
        }

        @Override
        public void requestHeadersStart(Call call) {
            at(Act.EVENT_REQUEST);
        }

        @Override
        public void responseHeadersEnd(Call call, Response response) {
            at(Act.EVENT_ANSWER);
        }

        @Override
        public void callEnd(Call call) {
            at(Act.EVENT_END);
        }

        @Override
        public void callFailed(Call call, IOException failure) {
            at(Act.EVENT_FAILED);
        }
    }
}
