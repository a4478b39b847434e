package dev.evenkeel.lb.okhttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.evenkeel.lb.call.Outcome.Kind;
import dev.evenkeel.lb.endpoint.Availability;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.observe.EndpointStatus;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ProtocolException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.tls.HandshakeCertificates;
import okhttp3.tls.HeldCertificate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A URL of https for servers without TLS, or the reverse: the caller is told so, soon, and no server is blamed. */
@Timeout(120)
class WrongProtocolTest {
    private static final Request OVER_TLS =
            new Request.Builder().url("https://orders.svc/").build();

    @RegisterExtension
    private final Fleet fleet = new Fleet();

    private final List<AutoCloseable> opened = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable closeable : opened) {
            closeable.close();
        }
    }

    /** What servers without TLS do with the beginning of a handshake, which may or may not hold the end of a line. */
    enum Reaction {
        ANSWERS,
        WAITS,
        HANGS_UP
    }

    /** Serves HTTP without TLS as far as that is needed here. */
    private Endpoint plain(Reaction reaction) {
        try {
            ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
            List<Socket> accepted = new CopyOnWriteArrayList<>();
            opened.add(server);
            Thread acceptor = new Thread(() -> {
                while (!server.isClosed()) {
                    try {
                        Socket connection = server.accept();
                        accepted.add(connection);
                        new Thread(() -> serve(connection, reaction)).start();
                    } catch (IOException e) {
                        return;
                    }
                }
            });
            acceptor.start();
            opened.add(() -> {
                for (Socket connection : accepted) {
                    connection.close();
                }
            });
            return Endpoint.of("127.0.0.1", server.getLocalPort());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void serve(Socket connection, Reaction reaction) {
        try {
            InputStream in = connection.getInputStream();
            OutputStream out = connection.getOutputStream();
            boolean http = in.read() >= 'A';
            if (http || reaction == Reaction.ANSWERS) {
                out.write((http ? "HTTP/1.1 204 No Content\r\n\r\n" : "HTTP/1.1 400 Bad Request\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII));
            }
            if (!http && reaction == Reaction.WAITS) {
                while (in.read() >= 0) {
                    // It is waiting for more.
                }
            }
            connection.close();
        } catch (IOException e) {
            // The other end has gone.
        }
    }

    private void overTls() {
        HandshakeCertificates trust = new HandshakeCertificates.Builder()
                .addInsecureHost(Fleet.SERVICE)
                .build();
        fleet.client(c -> c.sslSocketFactory(trust.sslSocketFactory(), trust.trustManager()));
    }

    private Server withTls() {
        HeldCertificate certificate = new HeldCertificate.Builder()
                .addSubjectAlternativeName(Fleet.SERVICE)
                .build();
        return fleet.add(new Server(
                request -> Server.ok("fine"),
                List.of(Protocol.HTTP_1_1),
                new HandshakeCertificates.Builder().heldCertificate(certificate).build()));
    }

    @ParameterizedTest
    @EnumSource
    void aUrlOfHttpsForServersWithoutTlsIsTheCallersMistake(Reaction reaction) {
        overTls();
        fleet.source().set(List.of(plain(reaction), plain(reaction), plain(reaction)));
        for (int i = 0; i < 3; i++) {
            assertThatThrownBy(() -> fleet.ask(OVER_TLS))
                    .isInstanceOf(ProtocolException.class)
                    .hasMessageContainingAll(
                            "orders.svc at 127.0.0.1:", "speaks HTTP without TLS", "begins with https");
        }
        assertThat(fleet.kinds()).hasSize(6).containsOnly(Kind.NOT_PROCESSED, Kind.NOT_SENT);
        assertThat(fleet.loadBalancer().endpoints())
                .extracting(EndpointStatus::availability)
                .containsOnly(Availability.AVAILABLE);
    }

    @Test
    void withTheUsersOwnSocketsAServerThatAnswersIsRecognisedToo() {
        overTls();
        HandshakeCertificates trust = new HandshakeCertificates.Builder()
                .addInsecureHost(Fleet.SERVICE)
                .build();
        fleet.client(c -> c.sslSocketFactory(trust.sslSocketFactory(), trust.trustManager())
                .socketFactory(new OwnSockets()));
        fleet.source().set(List.of(plain(Reaction.ANSWERS)));
        assertThatThrownBy(() -> fleet.ask(OVER_TLS)).hasMessageContaining("speaks HTTP without TLS");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aUrlOfHttpForServersWithTlsIsTheCallersMistake(boolean post) {
        withTls();
        withTls();
        withTls();
        Request.Builder request = new Request.Builder().url("http://orders.svc/");
        assertThatThrownBy(() -> fleet.ask(
                        post ? request.post(RequestBody.create("x", null)).build() : request.build()))
                .isInstanceOf(ProtocolException.class)
                .hasMessageContainingAll("orders.svc at 127.0.0.1:", "speaks TLS", "begins with http");
        assertThat(fleet.kinds()).containsExactly(Kind.NOT_PROCESSED, Kind.NOT_SENT);
        assertThat(fleet.served()).isZero();
    }

    @Test
    void aServerThatIsSlowToShakeHandsIsAskedAndWaitedFor() throws Exception {
        overTls();
        Server slow = withTls();
        try (ServerSocket front = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            fleet.source().set(List.of(Endpoint.of("127.0.0.1", front.getLocalPort())));
            CompletableFuture<String> answer = Enqueued.end(fleet.client().newCall(OVER_TLS));
            try (Socket caller = front.accept();
                    Socket server = new Socket(
                            InetAddress.getLoopbackAddress(), slow.endpoint().port())) {
                front.accept().close(); // the question: whether it is there without TLS
                pass(caller, server);
                pass(server, caller);
                assertThat(answer.get(60, TimeUnit.SECONDS)).isEqualTo("200");
            }
        }
        assertThat(fleet.kinds()).containsExactly(Kind.SUCCESS);
    }

    private static void pass(Socket from, Socket to) {
        new Thread(() -> {
                    try {
                        from.getInputStream().transferTo(to.getOutputStream());
                    } catch (IOException e) {
                        // One of them has gone.
                    }
                })
                .start();
    }

    @Test
    void oneServerWithoutTlsAmongOthersIsItsOwnFault() throws IOException {
        overTls();
        Endpoint wrong = plain(Reaction.WAITS);
        Server right = withTls();
        fleet.source().set(List.of(wrong, right.endpoint()));
        assertThat(fleet.ask(OVER_TLS)).isEqualTo("200 fine");
        assertThat(fleet.kinds()).containsExactly(Kind.NOT_PROCESSED, Kind.SUCCESS);
        Endpoint another = plain(Reaction.ANSWERS);
        fleet.source().set(List.of(another, right.endpoint()));
        assertThat(fleet.ask(OVER_TLS)).isEqualTo("200 fine");
        assertThat(fleet.kinds()).endsWith(Kind.CONNECT_FAILED, Kind.SUCCESS);
    }
}
