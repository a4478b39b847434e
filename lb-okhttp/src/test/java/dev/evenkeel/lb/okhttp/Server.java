package dev.evenkeel.lb.okhttp;

import dev.evenkeel.lb.endpoint.Endpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import mockwebserver3.Dispatcher;
import mockwebserver3.MockResponse;
import mockwebserver3.MockWebServer;
import mockwebserver3.RecordedRequest;
import mockwebserver3.SocketEffect;
import okhttp3.Protocol;
import okhttp3.tls.HandshakeCertificates;
import org.jspecify.annotations.Nullable;

/** A real server on 127.0.0.1 that remembers what it was asked. */
final class Server implements AutoCloseable {
    private final MockWebServer server = new MockWebServer();
    private final ServerSockets sockets = new ServerSockets();
    private final List<RecordedRequest> requests = new CopyOnWriteArrayList<>();
    private final Set<Integer> connections = ConcurrentHashMap.newKeySet();
    private volatile Function<RecordedRequest, MockResponse> behaviour;
    private volatile MockResponse fault = ok("");

    Server(
            Function<RecordedRequest, MockResponse> behaviour,
            List<Protocol> protocols,
            @Nullable HandshakeCertificates tls) {
        this(behaviour, protocols, tls, 0);
    }

    /** Starts where another one was; 0 is any free port. */
    Server(
            Function<RecordedRequest, MockResponse> behaviour,
            List<Protocol> protocols,
            @Nullable HandshakeCertificates tls,
            int port) {
        this.behaviour = behaviour;
        server.setDispatcher(new Dispatcher() {
            @Override
            public MockResponse dispatch(RecordedRequest request) {
                requests.add(request);
                connections.add(request.getConnectionIndex());
                return Server.this.behaviour.apply(request);
            }

            @Override
            public MockResponse peek() {
                return fault;
            }
        });
        server.setServerSocketFactory(sockets);
        server.setProtocols(protocols);
        if (tls != null) {
            server.useHttps(tls.sslSocketFactory());
        }
        try {
            server.start(InetAddress.getLoopbackAddress(), port);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static MockResponse ok(String body) {
        return new MockResponse.Builder().body(body).build();
    }

    /** An answer that has no body, and so comes as a whole or not at all. */
    static MockResponse headersAlone() {
        return new MockResponse.Builder().build();
    }

    static MockResponse status(int code) {
        return new MockResponse.Builder().code(code).body("status " + code).build();
    }

    static Function<RecordedRequest, MockResponse> always(UnaryOperator<MockResponse.Builder> settings) {
        return request -> settings.apply(new MockResponse.Builder()).build();
    }

    void behave(Function<RecordedRequest, MockResponse> newBehaviour) {
        behaviour = newBehaviour;
    }

    /** Resets every HTTP/2 stream with this error as soon as it is opened. */
    Server resetStreams(int http2Error) {
        fault = new MockResponse.Builder()
                .onRequestStart(new SocketEffect.CloseStream(http2Error))
                .build();
        return this;
    }

    /** Returns how many requests arrived, those that were reset included. */
    int arrived() {
        return server.getRequestCount();
    }

    Endpoint endpoint() {
        return Endpoint.of("127.0.0.1", server.getPort());
    }

    String address() {
        return endpoint().address();
    }

    List<RecordedRequest> requests() {
        return requests;
    }

    int connections() {
        return connections.size();
    }

    /** Returns how many connections are open. */
    int openConnections() {
        return sockets.open();
    }

    /** Closes all connections, with what is in flight on them; new ones are accepted. */
    void dropConnections() {
        sockets.dropConnections();
    }

    MockWebServer server() {
        return server;
    }

    @Override
    public void close() {
        server.close();
    }
}
