package dev.evenkeel.lb.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.LoadBalancerRegistry;
import io.grpc.ManagedChannelBuilder;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.internal.GrpcUtil;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.util.ForwardingSubchannel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The build runs these tests with several versions of grpc-java, and with both of its {@code pick_first}. Each of these runs says which it
 * is, and here it is held to that, so that none of them becomes another without anybody's noticing.
 */
class GrpcMatrixTest {
    private static String saysOfItself(String property) {
        String said = System.getProperty(property);
        assertThat(said).as("what the build sets %s to", property).isNotNull();
        return said;
    }

    @ParameterizedTest
    @ValueSource(
            classes = {
                ManagedChannelBuilder.class,
                GrpcUtil.class,
                ForwardingSubchannel.class,
                NettyChannelBuilder.class,
                InProcessChannelBuilder.class
            })
    void thePartsOfGrpcAreOfThisRunsVersion(Class<?> part) {
        assertThat(part.getProtectionDomain().getCodeSource().getLocation().getPath())
                .endsWith("-" + saysOfItself("evenkeel.grpc.version") + ".jar");
    }

    @Test
    void grpcSaysThatItIsOfThisVersion() {
        assertThat(GrpcUtil.getGrpcBuildVersion().getImplementationVersion())
                .isEqualTo(saysOfItself("evenkeel.grpc.version"));
    }

    @Test
    void theConnectionsAreKeptByThisRunsPickFirst() {
        try (ScriptedChannel channel = new ScriptedChannel()) {
            assertThat(LoadBalancerRegistry.getDefaultRegistry()
                            .getProvider("pick_first")
                            .newLoadBalancer(channel)
                            .getClass()
                            .getSimpleName())
                    .isEqualTo(saysOfItself("evenkeel.grpc.pick-first"));
        }
    }
}
