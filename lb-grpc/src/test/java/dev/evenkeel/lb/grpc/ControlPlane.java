package dev.evenkeel.lb.grpc;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import com.google.protobuf.Struct;
import com.google.protobuf.UInt32Value;
import com.google.protobuf.Value;
import io.grpc.NameResolverProvider;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.grpc.xds.XdsNameResolverProvider;
import io.grpc.xds.shaded.com.github.xds.type.v3.TypedStruct;
import io.grpc.xds.shaded.io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.grpc.xds.shaded.io.envoyproxy.envoy.config.cluster.v3.LoadBalancingPolicy;
import io.grpc.xds.shaded.io.envoyproxy.envoy.config.core.v3.Address;
import io.grpc.xds.shaded.io.envoyproxy.envoy.config.core.v3.AggregatedConfigSource;
import io.grpc.xds.shaded.io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.grpc.xds.shaded.io.envoyproxy.envoy.config.core.v3.Locality;
import io.grpc.xds.shaded.io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.grpc.xds.shaded.io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.grpc.xds.shaded.io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.grpc.xds.shaded.io.envoyproxy.envoy.config.endpoint.v3.Endpoint;
import io.grpc.xds.shaded.io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.grpc.xds.shaded.io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import io.grpc.xds.shaded.io.envoyproxy.envoy.config.listener.v3.ApiListener;
import io.grpc.xds.shaded.io.envoyproxy.envoy.config.listener.v3.Listener;
import io.grpc.xds.shaded.io.envoyproxy.envoy.config.route.v3.RetryPolicy;
import io.grpc.xds.shaded.io.envoyproxy.envoy.config.route.v3.Route;
import io.grpc.xds.shaded.io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.grpc.xds.shaded.io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.grpc.xds.shaded.io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.grpc.xds.shaded.io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.grpc.xds.shaded.io.envoyproxy.envoy.extensions.filters.http.router.v3.Router;
import io.grpc.xds.shaded.io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.grpc.xds.shaded.io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.grpc.xds.shaded.io.envoyproxy.envoy.extensions.load_balancing_policies.wrr_locality.v3.WrrLocality;
import io.grpc.xds.shaded.io.envoyproxy.envoy.service.discovery.v3.AggregatedDiscoveryServiceGrpc;
import io.grpc.xds.shaded.io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.grpc.xds.shaded.io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** A control plane of one service with one cluster, which says by what policy that is balanced. */
final class ControlPlane extends AggregatedDiscoveryServiceGrpc.AggregatedDiscoveryServiceImplBase
        implements AutoCloseable {
    static final String SCHEME = "xds-of-the-test";
    private static final String CLUSTER = "orders-cluster";
    private static final int ZONES = 2; // servers are in them by turns

    final Queue<String> refused = new ConcurrentLinkedQueue<>();

    private final LoadBalancingPolicy policy;
    private final List<TestServer> servers;
    private final Server ads;

    ControlPlane(LoadBalancingPolicy policy, List<TestServer> servers) {
        this.policy = policy;
        this.servers = servers;
        try {
            this.ads = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                    .addService(this)
                    .build()
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns the policy of this name, configured with what is in the struct. */
    static LoadBalancingPolicy named(String name, Struct config) {
        return of(TypedStruct.newBuilder()
                .setTypeUrl("type.googleapis.com/" + name)
                .setValue(config)
                .build());
    }

    /** Returns the policy that picks a locality by weight, and lets another pick within it. */
    static LoadBalancingPolicy within(LoadBalancingPolicy endpointPicking) {
        return of(WrrLocality.newBuilder()
                .setEndpointPickingPolicy(endpointPicking)
                .build());
    }

    private static LoadBalancingPolicy of(Message config) {
        return LoadBalancingPolicy.newBuilder()
                .addPolicies(LoadBalancingPolicy.Policy.newBuilder()
                        .setTypedExtensionConfig(TypedExtensionConfig.newBuilder()
                                .setName("policy")
                                .setTypedConfig(Any.pack(config))))
                .build();
    }

    static Struct setting(String name, double value) {
        return Struct.newBuilder()
                .putFields(name, Value.newBuilder().setNumberValue(value).build())
                .build();
    }

    /** Returns a resolver for channels of this control plane. */
    NameResolverProvider resolver() {
        return XdsNameResolverProvider.createForTest(
                SCHEME,
                Map.of(
                        "node", Map.of("id", "test"),
                        "xds_servers",
                                List.of(Map.of(
                                        "server_uri",
                                        "127.0.0.1:" + ads.getPort(),
                                        "channel_creds",
                                        List.of(Map.of("type", "insecure")),
                                        "server_features",
                                        List.of("xds_v3")))));
    }

    @Override
    public StreamObserver<DiscoveryRequest> streamAggregatedResources(StreamObserver<DiscoveryResponse> responses) {
        return new StreamObserver<>() {
            @Override
            public void onNext(DiscoveryRequest request) {
                if (request.hasErrorDetail()) {
                    refused.add(request.getErrorDetail().getMessage());
                } else if (request.getResponseNonce().isEmpty()) {
                    responses.onNext(DiscoveryResponse.newBuilder()
                            .setTypeUrl(request.getTypeUrl())
                            .setVersionInfo("1")
                            .setNonce("1")
                            .addResources(Any.pack(resource(request.getTypeUrl())))
                            .build());
                }
            }

            @Override
            public void onError(Throwable t) {}

            @Override
            public void onCompleted() {
                responses.onCompleted();
            }
        };
    }

    private Message resource(String type) {
        return switch (type.substring(type.lastIndexOf('.') + 1)) {
            case "Listener" -> listener();
            case "Cluster" -> cluster();
            case "ClusterLoadAssignment" -> endpoints();
            default -> throw new IllegalArgumentException(type);
        };
    }

    private static Listener listener() {
        RouteConfiguration routes = RouteConfiguration.newBuilder()
                .setName("routes")
                .addVirtualHosts(VirtualHost.newBuilder()
                        .setName("all")
                        .addDomains("*")
                        .addRoutes(Route.newBuilder()
                                .setMatch(RouteMatch.newBuilder().setPrefix(""))
                                .setRoute(RouteAction.newBuilder()
                                        .setCluster(CLUSTER)
                                        .setRetryPolicy(RetryPolicy.newBuilder()
                                                .setRetryOn("unavailable")
                                                .setNumRetries(UInt32Value.of(2))))))
                .build();
        HttpConnectionManager manager = HttpConnectionManager.newBuilder()
                .setRouteConfig(routes)
                .addHttpFilters(
                        HttpFilter.newBuilder().setName("router").setTypedConfig(Any.pack(Router.getDefaultInstance())))
                .build();
        return Listener.newBuilder()
                .setName(Fleet.NAME)
                .setApiListener(ApiListener.newBuilder().setApiListener(Any.pack(manager)))
                .build();
    }

    private Cluster cluster() {
        return Cluster.newBuilder()
                .setName(CLUSTER)
                .setType(Cluster.DiscoveryType.EDS)
                .setEdsClusterConfig(Cluster.EdsClusterConfig.newBuilder()
                        .setEdsConfig(ConfigSource.newBuilder().setAds(AggregatedConfigSource.getDefaultInstance())))
                .setLoadBalancingPolicy(policy)
                .build();
    }

    private ClusterLoadAssignment endpoints() {
        ClusterLoadAssignment.Builder all = ClusterLoadAssignment.newBuilder().setClusterName(CLUSTER);
        for (int zone = 0; zone < ZONES; zone++) {
            LocalityLbEndpoints.Builder there = LocalityLbEndpoints.newBuilder()
                    .setLocality(Locality.newBuilder().setRegion("r").setZone("zone-" + zone))
                    .setLoadBalancingWeight(UInt32Value.of(1));
            for (int i = zone; i < servers.size(); i += ZONES) {
                there.addLbEndpoints(endpoint(servers.get(i)));
            }
            all.addEndpoints(there);
        }
        return all.build();
    }

    private static LbEndpoint.Builder endpoint(TestServer server) {
        return LbEndpoint.newBuilder()
                .setEndpoint(Endpoint.newBuilder()
                        .setAddress(Address.newBuilder()
                                .setSocketAddress(SocketAddress.newBuilder()
                                        .setAddress("127.0.0.1")
                                        .setPortValue(server.port()))));
    }

    @Override
    public void close() {
        ads.shutdownNow();
    }
}
