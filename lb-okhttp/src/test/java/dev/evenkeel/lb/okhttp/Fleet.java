package dev.evenkeel.lb.okhttp;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.LoadBalancerBuilder;
import dev.evenkeel.lb.LoadBalancers;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.MutableEndpointSource;
import dev.evenkeel.lb.observe.EndpointStatus;
import dev.evenkeel.lb.observe.LoadBalancerListener;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.policy.Node;
import dev.evenkeel.lb.retry.RetryBudget;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import mockwebserver3.MockResponse;
import mockwebserver3.RecordedRequest;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.tls.HandshakeCertificates;
import okhttp3.tls.HeldCertificate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Real servers behind the name {@code orders.svc}, a load balancer over them, and a client: everything a test needs. */
final class Fleet implements AfterEachCallback {
    static final String SERVICE = "orders.svc";

    /** The first endpoint of the list that the call has not tried: retries then happen where the test says. */
    static final LoadBalancingPolicy IN_ORDER = (candidates, random) -> (call, now) -> candidates.stream()
            .map(Node.class::cast)
            .filter(node -> !call.hasTried(node))
            .findFirst()
            .orElse(candidates.get(0));

    /** A limit that is to pass. Whatever a test needs before is over by then, also on a machine of which others leave a quarter. */
    static final Duration SOON = Duration.ofSeconds(3);

    private final List<Server> nodes = new ArrayList<>();
    private final List<AutoCloseable> opened = new ArrayList<>();
    private final MutableEndpointSource source = MutableEndpointSource.of();
    private final List<Sample> samples = new CopyOnWriteArrayList<>();
    private List<Protocol> protocols = List.of(Protocol.HTTP_1_1);
    private UnaryOperator<LoadBalancerBuilder> balancing = UnaryOperator.identity();
    private UnaryOperator<OkHttpClient.Builder> clientSettings = UnaryOperator.identity();
    private UnaryOperator<EvenkeelOkHttpBuilder> wrapping = UnaryOperator.identity();
    private @Nullable HeldCertificate certificate;
    private @Nullable LoadBalancer loadBalancer;
    private @Nullable EvenkeelOkHttp balanced;

    /** What the core was told of one attempt. */
    record Sample(Endpoint endpoint, Outcome outcome) {
        Outcome.Kind kind() {
            return outcome.kind();
        }
    }

    /** Serves TLS with one certificate for the service, as a fleet does. */
    Fleet tls(String... names) {
        HeldCertificate.Builder builder = new HeldCertificate.Builder();
        for (String name : names) {
            builder.addSubjectAlternativeName(name);
        }
        certificate = builder.build();
        return this;
    }

    Fleet protocols(Protocol... newProtocols) {
        protocols = List.of(newProtocols);
        return this;
    }

    Fleet balancing(UnaryOperator<LoadBalancerBuilder> settings) {
        balancing = settings;
        return this;
    }

    Fleet client(UnaryOperator<OkHttpClient.Builder> settings) {
        clientSettings = settings;
        return this;
    }

    Fleet wrapping(UnaryOperator<EvenkeelOkHttpBuilder> settings) {
        wrapping = settings;
        return this;
    }

    /** Adds a server that behaves so. */
    Server add(Function<RecordedRequest, MockResponse> behaviour) {
        return add(server(behaviour));
    }

    /** Returns a server like those of the fleet, which is not one of them. */
    Server server(Function<RecordedRequest, MockResponse> behaviour) {
        return new Server(behaviour, protocols, serversTls());
    }

    private @Nullable HandshakeCertificates serversTls() {
        return certificate == null
                ? null
                : new HandshakeCertificates.Builder()
                        .heldCertificate(certificate)
                        .build();
    }

    /** Kills a server: its connections break, and its port refuses new ones. Discovery does not hear of it. */
    Killed kill(Server server) {
        server.close();
        Killed killed = new Killed(server.endpoint(), bound(server.endpoint().port()));
        opened.add(killed.port);
        return killed;
    }

    /** The address of a server that was killed. Nobody else can begin to listen there. */
    final class Killed {
        private final Endpoint endpoint;
        private final Socket port;

        private Killed(Endpoint endpoint, Socket port) {
            this.endpoint = endpoint;
            this.port = port;
        }

        /** Starts a server there that behaves so. Discovery does not hear of that either. */
        Server restart(Function<RecordedRequest, MockResponse> behaviour) {
            try {
                port.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            Server server = new Server(behaviour, protocols, serversTls(), endpoint.port());
            nodes.add(server);
            opened.add(server);
            return server;
        }
    }

    Server add(Server node) {
        nodes.add(node);
        opened.add(node);
        source.put(node.endpoint());
        return node;
    }

    /** Adds a server that answers every request with this text. */
    Server add(String text) {
        return add(request -> Server.ok(text));
    }

    /** Adds an address where nobody listens, and nobody else can begin to: its port is bound. */
    Endpoint addDead() {
        Socket port = bound(0);
        opened.add(port);
        Endpoint dead = Endpoint.of("127.0.0.1", port.getLocalPort());
        source.put(dead);
        return dead;
    }

    private static Socket bound(int port) {
        try {
            Socket bound = new Socket();
            bound.setReuseAddress(port != 0); // connections that a killed server had may linger
            bound.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return bound;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    MutableEndpointSource source() {
        return source;
    }

    /** Builds it when it is first asked for, which many threads may do at the same time. */
    synchronized LoadBalancer loadBalancer() {
        if (loadBalancer == null) {
            loadBalancer = balancing
                    .apply(LoadBalancer.builder(SERVICE)
                            .policy(IN_ORDER)
                            .retryBudget(new RetryBudget.Settings(1, 100_000, Duration.ofSeconds(10)))
                            .listener(new LoadBalancerListener() {
                                @Override
                                public void onAttempt(
                                        String service, Endpoint endpoint, Outcome outcome, long latencyNanos) {
                                    samples.add(new Sample(endpoint, outcome));
                                }
                            })
                            .endpoints(source))
                    .build();
            opened.add(loadBalancer);
        }
        return loadBalancer;
    }

    /** Builds it when it is first asked for, like the load balancer. */
    synchronized EvenkeelOkHttp balanced() {
        if (balanced == null) {
            balanced = wrapping.apply(EvenkeelOkHttp.builder(
                            clientSettings.apply(plainClient()).build(), LoadBalancers.of(loadBalancer())))
                    .build();
            opened.add(balanced);
        }
        return balanced;
    }

    /** Returns a client that trusts the fleet's certificate and has no other peculiarity. */
    OkHttpClient.Builder plainClient() {
        OkHttpClient.Builder builder = new OkHttpClient.Builder();
        if (certificate != null) {
            HandshakeCertificates trust = new HandshakeCertificates.Builder()
                    .addTrustedCertificate(certificate.certificate())
                    .build();
            builder.sslSocketFactory(trust.sslSocketFactory(), trust.trustManager());
        }
        if (protocols.contains(Protocol.H2_PRIOR_KNOWLEDGE)) {
            builder.protocols(protocols);
        }
        // Names other than the service's lead to this machine.
        return builder.dns(host -> List.of(InetAddress.getLoopbackAddress()));
    }

    OkHttpClient client() {
        return balanced().client();
    }

    static Request get(String path) {
        return new Request.Builder().url("http://" + SERVICE + path).build();
    }

    Request.Builder request(String path) {
        return new Request.Builder().url((certificate == null ? "http://" : "https://") + SERVICE + path);
    }

    /** Returns status and body of a request. */
    String ask(Request request) throws IOException {
        try (Response response = client().newCall(request).execute()) {
            return response.code() + " " + response.body().string();
        }
    }

    String ask() throws IOException {
        return ask(request("/").build());
    }

    List<Sample> samples() {
        return samples;
    }

    List<Outcome.Kind> kinds() {
        return samples.stream().map(Sample::kind).toList();
    }

    int inFlight() {
        return loadBalancer().endpoints().stream()
                .mapToInt(EndpointStatus::inFlight)
                .sum();
    }

    void awaitNothingInFlight() {
        Until.until("nothing is in flight", () -> inFlight() == 0);
    }

    /** Returns how many requests the servers saw. */
    int served() {
        return nodes.stream().mapToInt(node -> node.requests().size()).sum();
    }

    @Override
    public void afterEach(ExtensionContext context) throws Exception {
        for (int i = opened.size() - 1; i >= 0; i--) {
            opened.get(i).close();
        }
        if (balanced != null) {
            balanced.client().connectionPool().evictAll();
            balanced.client().dispatcher().executorService().shutdown();
        }
    }
}
