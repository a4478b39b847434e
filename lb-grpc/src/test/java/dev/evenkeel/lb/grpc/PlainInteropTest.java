package dev.evenkeel.lb.grpc;

import dev.evenkeel.lb.LoadBalancerBuilder;
import dev.evenkeel.lb.retry.RetryPolicy;
import io.grpc.netty.NegotiationType;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;

/** Without retries. */
public class PlainInteropTest extends InteropSuite {
    @Override
    String service() {
        return "interop";
    }

    @Override
    LoadBalancerBuilder settings(LoadBalancerBuilder defaults) {
        return defaults.retry(RetryPolicy.NONE);
    }

    @Override
    NettyServerBuilder secure(NettyServerBuilder plain) {
        return plain;
    }

    @Override
    NettyChannelBuilder channel(String target) {
        return NettyChannelBuilder.forTarget(target).negotiationType(NegotiationType.PLAINTEXT);
    }
}
