package dev.evenkeel.benchmarks.grpc;

import dev.evenkeel.lb.endpoint.Endpoint;
import io.grpc.EquivalentAddressGroup;
import io.grpc.NameResolver;
import io.grpc.NameResolverProvider;
import io.grpc.StatusOr;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Resolves {@code fixed:///127.0.0.1:8001,127.0.0.1:8002}, so that grpc-java's policies are told addresses without DNS. */
final class FixedResolverProvider extends NameResolverProvider {
    private static final String SCHEME = "fixed";

    /** Returns the target for servers on the loopback interface. */
    static String target(List<Endpoint> endpoints) {
        return SCHEME + ":///" + endpoints.stream().map(Endpoint::address).collect(Collectors.joining(","));
    }

    @Override
    public @Nullable NameResolver newNameResolver(URI target, NameResolver.Args args) {
        if (!SCHEME.equals(target.getScheme())) {
            return null;
        }
        List<EquivalentAddressGroup> addresses = Arrays.stream(
                        target.getPath().substring(1).split(",", -1))
                .map(FixedResolverProvider::loopback)
                .map(EquivalentAddressGroup::new)
                .toList();
        return new Fixed(addresses);
    }

    private static InetSocketAddress loopback(String hostAndPort) {
        String port = hostAndPort.substring(hostAndPort.indexOf(':') + 1);
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(port));
    }

    @Override
    public String getDefaultScheme() {
        return SCHEME;
    }

    @Override
    protected boolean isAvailable() {
        return true;
    }

    /** Below DNS. */
    @Override
    protected int priority() {
        return 1;
    }

    private static final class Fixed extends NameResolver {
        private final List<EquivalentAddressGroup> addresses;

        Fixed(List<EquivalentAddressGroup> addresses) {
            this.addresses = addresses;
        }

        @Override
        public String getServiceAuthority() {
            return "orders";
        }

        @Override
        public void start(Listener2 listener) {
            listener.onResult2(ResolutionResult.newBuilder()
                    .setAddressesOrError(StatusOr.fromValue(addresses))
                    .build());
        }

        @Override
        public void shutdown() {}
    }
}
