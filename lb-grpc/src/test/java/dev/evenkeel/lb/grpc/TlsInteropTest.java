package dev.evenkeel.lb.grpc;

import dev.evenkeel.lb.LoadBalancerBuilder;
import io.grpc.TlsChannelCredentials;
import io.grpc.internal.testing.TestUtils;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.testing.TlsTesting;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Over TLS, with a certificate for the service's name and for no address. */
public class TlsInteropTest extends InteropSuite {
    @Override
    String service() {
        return TestUtils.TEST_SERVER_HOST;
    }

    @Override
    LoadBalancerBuilder settings(LoadBalancerBuilder defaults) {
        return defaults;
    }

    @Override
    NettyServerBuilder secure(NettyServerBuilder plain) {
        try {
            return plain.sslContext(
                    GrpcSslContexts.forServer(TlsTesting.loadCert("server1.pem"), TlsTesting.loadCert("server1.key"))
                            .build());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    NettyChannelBuilder channel(String target) {
        try {
            return NettyChannelBuilder.forTarget(
                    target,
                    TlsChannelCredentials.newBuilder()
                            .trustManager(TlsTesting.loadCert("ca.pem"))
                            .build());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
