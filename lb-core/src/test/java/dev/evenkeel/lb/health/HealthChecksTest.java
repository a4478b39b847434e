package dev.evenkeel.lb.health;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.evenkeel.lb.endpoint.Endpoint;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The checks on real sockets. */
class HealthChecksTest {
    private static final char[] PASSWORD = "changeit".toCharArray();
    private static final InetSocketAddress ANY_PORT = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

    private final List<AutoCloseable> opened = new CopyOnWriteArrayList<>();
    private final List<String> asked = new CopyOnWriteArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable resource : opened) {
            resource.close();
        }
    }

    private static CheckResult resultOf(HealthCheck check, int port) throws Exception {
        return resultOf(check, "127.0.0.1", port, Duration.ofSeconds(10));
    }

    private static CheckResult resultOf(HealthCheck check, String host, int port, Duration timeout) throws Exception {
        return check.check(new CheckTarget("orders.svc", Endpoint.of(host, port), timeout))
                .get(20, TimeUnit.SECONDS);
    }

    private int serve(HttpServer server, HttpHandler handler) {
        server.createContext("/", exchange -> {
            asked.add(exchange.getRequestMethod() + " " + exchange.getRequestURI());
            handler.handle(exchange);
        });
        server.start();
        opened.add(() -> server.stop(0));
        return server.getAddress().getPort();
    }

    private int serve(HttpHandler handler) throws IOException {
        return serve(HttpServer.create(ANY_PORT, 0), handler);
    }

    private static HttpHandler status(int status) {
        return exchange -> respond(exchange, status);
    }

    private static void respond(HttpExchange exchange, int status) throws IOException {
        exchange.getResponseHeaders().add("Location", "http://127.0.0.1:1/elsewhere");
        exchange.sendResponseHeaders(status, -1);
        exchange.close();
    }

    private static int closedPort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private ServerSocket silentServer() throws IOException {
        ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        opened.add(server);
        return server;
    }

    @Test
    void tcpPassesWhereSomethingListensAndOnlyThere() throws Exception {
        assertThat(resultOf(new TcpHealthCheck(), silentServer().getLocalPort()))
                .isEqualTo(CheckResult.PASSED);

        CheckResult refused = resultOf(new TcpHealthCheck(), closedPort());
        assertThat(refused.kind()).isEqualTo(CheckResult.Kind.FAILED);
        assertThat(refused.reason()).startsWith("TCP connect: ConnectException: ");
    }

    @Test
    void tcpFailsForANameThatIsUnknown() throws Exception {
        CheckResult unknown = resultOf(new TcpHealthCheck(), "no-such-host.invalid", 80, Duration.ofSeconds(10));

        assertThat(unknown.kind()).isEqualTo(CheckResult.Kind.FAILED);
        assertThat(unknown.reason()).startsWith("TCP connect: UnknownHostException: ");
    }

    @Test
    void tcpFailsInTimeWhereConnectionsAreNotTaken() throws Exception {
        int port = fullServer();

        CheckResult late = resultOf(new TcpHealthCheck(), "127.0.0.1", port, Duration.ofMillis(50));
        assertThat(late.kind()).isEqualTo(CheckResult.Kind.FAILED);
        assertThat(late.reason()).startsWith("TCP connect: SocketTimeoutException: ");
    }

    @Test
    void tcpClosesTheConnectionThatItWasGiven() throws Exception {
        ServerSocket server = silentServer();
        resultOf(new TcpHealthCheck(), server.getLocalPort());

        try (Socket connection = server.accept()) {
            connection.setSoTimeout(20_000);
            assertThat(connection.getInputStream().read()).isEqualTo(-1);
        }
    }

    @Test
    void tcpLeavesNoSocketOpenHoweverACheckEnds() throws Exception {
        Path descriptors = Path.of("/proc/self/fd");
        assumeTrue(Files.isDirectory(descriptors), "this system does not list what a process has open");
        ServerSocket open = silentServer();
        int closed = closedPort();
        int full = fullServer();

        long before = count(descriptors);
        for (int i = 0; i < 40; i++) {
            resultOf(new TcpHealthCheck(), closed);
            resultOf(new TcpHealthCheck(), open.getLocalPort());
            open.accept().close();
            resultOf(new TcpHealthCheck(), "127.0.0.1", full, Duration.ofMillis(5));
        }
        assertThat(count(descriptors)).isLessThan(before + 20); // of 120, as threads of other tests may still end
    }

    private static long count(Path directory) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.count();
        }
    }

    /** Returns the port of a server that takes no connections and whose queue is full, so that connecting takes for ever. */
    private int fullServer() throws IOException {
        ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        opened.add(server);
        for (int i = 0; i < 20; i++) {
            Socket waiting = new Socket();
            opened.add(waiting);
            try {
                waiting.connect(server.getLocalSocketAddress(), 200);
            } catch (SocketTimeoutException e) {
                return server.getLocalPort();
            }
        }
        return abort("this system queues any number of connections");
    }

    @Test
    void httpPassesByStatusAndSaysWhichItWasOtherwise() throws Exception {
        HttpHealthCheck check = HttpHealthCheck.get("/health?deep=1");

        assertThat(resultOf(check, serve(status(204)))).isEqualTo(CheckResult.PASSED);
        assertThat(resultOf(check, serve(status(500)))).isEqualTo(CheckResult.failed("GET /health?deep=1: HTTP 500"));
        assertThat(resultOf(check, serve(status(302))))
                .as("a redirect is not followed")
                .isEqualTo(CheckResult.failed("GET /health?deep=1: HTTP 302"));
        assertThat(asked).containsOnly("GET /health?deep=1").hasSize(3);
    }

    @Test
    void otherStatusesCanBeExpected() throws Exception {
        HttpHealthCheck check = HttpHealthCheck.get("/").expecting(401, 403);

        assertThat(resultOf(check, serve(status(401)))).isEqualTo(CheckResult.PASSED);
        assertThat(resultOf(check, serve(status(200)))).isEqualTo(CheckResult.failed("GET /: HTTP 200"));
        assertThat(check).hasToString("GET / expecting 401 to 403");
    }

    @Test
    void httpFailsWhereNobodyListens() throws Exception {
        assertThat(resultOf(HttpHealthCheck.get("/health"), closedPort()).reason())
                .startsWith("GET /health: ConnectException");
    }

    @Test
    void httpFailsInTimeWhereNobodyAnswers() throws Exception {
        CheckResult late = resultOf(
                HttpHealthCheck.get("/health"), "127.0.0.1", silentServer().getLocalPort(), Duration.ofMillis(50));

        assertThat(late.reason()).isEqualTo("GET /health: SocketTimeoutException: no answer in 0.1 s");
    }

    @Test
    void aHeaderThatComesByteByByteIsCutOffWhenTheTimeIsUp() throws Exception {
        ServerSocket server = silentServer();
        Thread trickle = new Thread(() -> {
            try (Socket connection = server.accept()) {
                for (boolean open = true; open; ) {
                    connection.getOutputStream().write('H');
                    open = connection.getInputStream().available() == 0
                            || connection.getInputStream().read() >= 0;
                }
            } catch (IOException e) {
                // the check has closed the connection
            }
        });
        trickle.start();
        CheckResult late =
                resultOf(HttpHealthCheck.get("/health"), "127.0.0.1", server.getLocalPort(), Duration.ofSeconds(1));

        assertThat(late.kind()).isEqualTo(CheckResult.Kind.FAILED);
        assertThat(late.reason()).containsAnyOf("no answer in 1.0 s", "the header has more than 65536 bytes");
        trickle.join();
    }

    @Test
    void theBodyIsNotReadAndTheConnectionClosed() throws Exception {
        ServerSocket server = silentServer();
        CompletableFuture<CheckResult> running = CompletableFuture.supplyAsync(() -> {
            try {
                return resultOf(HttpHealthCheck.get("/health"), server.getLocalPort());
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });
        try (Socket connection = server.accept()) {
            connection.setSoTimeout(20_000);
            InputStream request = connection.getInputStream();
            assertThat(request.read()).isEqualTo('G');
            connection
                    .getOutputStream()
                    .write("HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\nHTTP/1.1 200\r\nContent-Length: 9\r\n\r\n1"
                            .getBytes(US_ASCII));

            assertThat(running.get(20, TimeUnit.SECONDS)).isEqualTo(CheckResult.PASSED);
            assertThat(isEnded(request)).as("the connection is closed").isTrue();
        }
    }

    @Test
    void anAnswerThatIsNoHttpFailsAndIsQuotedOnOneLine() throws Exception {
        for (String answer : List.of("SSH-2.0-Open\u001b[31mSSH\r\n", "")) {
            ServerSocket server = silentServer();
            Thread responder = new Thread(() -> {
                try (Socket connection = server.accept()) {
                    connection.getInputStream().read(new byte[1000]);
                    connection.getOutputStream().write(answer.getBytes(US_ASCII));
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            responder.start();
            assertThat(resultOf(HttpHealthCheck.get("/health"), server.getLocalPort())
                            .reason())
                    .isEqualTo("GET /health: ProtocolException: "
                            + (answer.isEmpty()
                                    ? "the connection was closed without an answer"
                                    : "no answer of HTTP/1.1: 'SSH-2.0-Open?[31mSSH'"));
            responder.join();
        }
    }

    private static boolean isEnded(InputStream stream) {
        try {
            stream.readAllBytes();
            return true;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (IOException e) {
            return true; // reset
        }
    }

    @Test
    void theHostHeaderIsTheServicesName() throws Exception {
        assertThat(hostsSeenBy(HttpHealthCheck.get("/"), "orders.svc")).containsExactly("orders.svc");
    }

    @Test
    void theHostHeaderCanBeChosen() throws Exception {
        assertThat(hostsSeenBy(HttpHealthCheck.get("/").host("Health.internal:8081"), "orders.svc"))
                .containsExactly("health.internal:8081");
        assertThat(hostsSeenBy(HttpHealthCheck.get("/").host("[::1]"), "orders.svc"))
                .containsExactly("[::1]");
        for (String bad : List.of("", "a b", "a\r\nX: y", "a:0", "a/b", "user@a", "[fe80::1%eth0]")) {
            assertThatThrownBy(() -> HttpHealthCheck.get("/").host(bad))
                    .as(bad)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("authority '")
                    .hasMessageContaining("malformed");
        }
    }

    @Test
    void overTlsTheHostThatIsChosenMustBeProven(@TempDir Path dir) throws Exception {
        SSLContext orders = context(dir, "orders.svc");
        SSLContext health = context(dir, "health.internal");

        assertThat(resultOf(
                        HttpHealthCheck.get("/").host("health.internal:8081").tls(health),
                        serve(tlsServer(health), status(200))))
                .isEqualTo(CheckResult.PASSED);
        assertThat(resultOf(
                                HttpHealthCheck.get("/").tls(orders).host("health.internal"),
                                serve(tlsServer(orders), status(200)))
                        .reason())
                .startsWith("GET /: SSLHandshakeException: ");
    }

    private List<String> hostsSeenBy(HttpHealthCheck check, String service) throws Exception {
        List<String> hosts = new CopyOnWriteArrayList<>();
        int port = serve(exchange -> {
            hosts.add(exchange.getRequestHeaders().getFirst("Host"));
            respond(exchange, 200);
        });
        assertThat(resultOf(check, service, port)).isEqualTo(CheckResult.PASSED);
        return hosts;
    }

    private static CheckResult resultOf(HealthCheck check, String service, int port) throws Exception {
        return check.check(new CheckTarget(service, Endpoint.of("127.0.0.1", port), Duration.ofSeconds(10)))
                .get(20, TimeUnit.SECONDS);
    }

    @Test
    void aHostWithAnUnderscoreIsLookedUpLikeAnyOther() throws Exception {
        CheckResult unknown = resultOf(HttpHealthCheck.get("/"), "my_app_1.invalid", 8080, Duration.ofSeconds(10));

        assertThat(unknown.reason()).isEqualTo("GET /: UnknownHostException: my_app_1.invalid");
    }

    @Test
    void aServiceMayHaveAnUnderscore() throws Exception {
        assertThat(hostsSeenBy(HttpHealthCheck.get("/"), "my_orders.svc")).containsExactly("my_orders.svc");
    }

    @Test
    void overTlsTheServicesNameMustBeProven(@TempDir Path dir) throws Exception {
        SSLContext orders = context(dir, "orders.svc");
        SSLContext payments = context(dir, "payments.svc");

        assertThat(resultOf(HttpHealthCheck.get("/").tls(orders), serve(tlsServer(orders), status(200))))
                .isEqualTo(CheckResult.PASSED);
        assertThat(resultOf(HttpHealthCheck.get("/").tls(payments), serve(tlsServer(payments), status(200)))
                        .reason())
                .startsWith("GET /: SSLHandshakeException: ");
    }

    private static HttpsServer tlsServer(SSLContext context) throws IOException {
        HttpsServer server = HttpsServer.create(ANY_PORT, 0);
        server.setHttpsConfigurator(new HttpsConfigurator(context));
        return server;
    }

    /** Returns a context that proves to be {@code name}, and trusts whoever proves the same with the same key. */
    private static SSLContext context(Path dir, String name) throws Exception {
        Path file = dir.resolve(name + ".p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "server",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=" + name,
                        "-ext",
                        "SAN=dns:" + name,
                        "-storetype",
                        "PKCS12",
                        "-storepass",
                        new String(PASSWORD),
                        "-keystore",
                        file.toString())
                .inheritIO()
                .start();
        assertThat(keytool.waitFor()).isZero();
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            store.load(in, PASSWORD);
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, PASSWORD);
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("server", store.getCertificate("server"));
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }

    @Test
    void settingsThatMakeNoSenseAreRefused() {
        assertThatThrownBy(() -> HttpHealthCheck.get("health")).hasMessageContainingAll("health", "must begin with /");
        assertThatThrownBy(() -> HttpHealthCheck.get("/health check")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> HttpHealthCheck.get("/health#top")).hasMessageContainingAll("/health#top", "no #");
        assertThatThrownBy(() -> HttpHealthCheck.get("/").expecting(300, 200))
                .hasMessageContainingAll("300 to 200", "100 to 599");
        Duration second = Duration.ofSeconds(1);
        assertThatThrownBy(() -> new CheckSchedule(second, second, 3, 2, 32))
                .hasMessageContainingAll("healthCheck.timeout is PT1S", "80 %");
        assertThatThrownBy(() -> new CheckSchedule(Duration.ofMillis(99), Duration.ofMillis(1), 3, 2, 32))
                .hasMessageContainingAll("healthCheck.interval", "PT0.099S", "PT0.1S");
        assertThatThrownBy(() -> new CheckSchedule(second, Duration.ofMillis(1), 0, 2, 32))
                .hasMessageContainingAll("healthCheck.fall is 0", "1 to 100");
    }
}
