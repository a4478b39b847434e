package dev.evenkeel.benchmarks.peers;

import com.linecorp.armeria.client.endpoint.EndpointSelectionStrategy;
import com.twitter.finagle.loadbalancer.Balancers;
import io.servicetalk.loadbalancer.LoadBalancingPolicies;
import io.servicetalk.loadbalancer.OutlierDetectorConfig;
import io.servicetalk.loadbalancer.OutlierDetectorConfigs;
import java.util.concurrent.ThreadLocalRandom;

/** A policy of a peer's with its default settings, where nothing else is said. */
public enum PeerPolicy {
    ARMERIA_ROUND_ROBIN,
    /** Over weights of 1, 2 and 3, as for ours. */
    ARMERIA_WEIGHTED_ROUND_ROBIN,
    /** By keys that are drawn anew for each pick. */
    ARMERIA_STICKY,
    SERVICETALK_ROUND_ROBIN,
    /** Average latencies are kept by outlier detection, so this has none. */
    SERVICETALK_P2C,
    SERVICETALK_P2C_OUTLIER_DETECTION,
    FINAGLE_P2C,
    FINAGLE_P2C_PEAK_EWMA;

    private static final int EVEN = 1000; // the default, with which the cost of sticky grows

    Peer open(int n) {
        return switch (this) {
            case ARMERIA_ROUND_ROBIN -> ArmeriaPeer.open(EndpointSelectionStrategy.roundRobin(), n, i -> EVEN);
            case ARMERIA_WEIGHTED_ROUND_ROBIN -> ArmeriaPeer.open(
                    EndpointSelectionStrategy.weightedRoundRobin(), n, i -> 1 + i % 3);
            case ARMERIA_STICKY -> ArmeriaPeer.open(
                    EndpointSelectionStrategy.sticky(
                            request -> ThreadLocalRandom.current().nextLong()),
                    n,
                    i -> EVEN);
            case SERVICETALK_ROUND_ROBIN -> ServiceTalkPeer.open(
                    LoadBalancingPolicies.roundRobin().build(), OutlierDetectorConfigs.consecutiveConnectFailures(), n);
            case SERVICETALK_P2C -> ServiceTalkPeer.open(
                    LoadBalancingPolicies.p2c().build(), OutlierDetectorConfigs.consecutiveConnectFailures(), n);
            case SERVICETALK_P2C_OUTLIER_DETECTION -> ServiceTalkPeer.open(
                    LoadBalancingPolicies.p2c().build(), new OutlierDetectorConfig.Builder().build(), n);
            case FINAGLE_P2C -> FinaglePeer.open(Balancers.p2c(Balancers.p2c$default$1()), n);
            case FINAGLE_P2C_PEAK_EWMA -> FinaglePeer.open(
                    Balancers.p2cPeakEwma(Balancers.p2cPeakEwma$default$1(), Balancers.p2cPeakEwma$default$2()), n);
        };
    }
}
