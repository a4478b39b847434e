package dev.evenkeel.lb.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.evenkeel.lb.endpoint.Locality;
import io.grpc.EquivalentAddressGroup;
import io.grpc.inprocess.InProcessSocketAddress;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OwnLoadBalancerTest {
    @ParameterizedTest
    @CsvSource({
        "orders, orders",
        "Orders.prod:8443, orders.prod",
        "127.0.0.1:80, at-127-0-0-1",
        "[::1]:80, at-1",
        "team%2Forders, team-2forders",
        "'', unnamed"
    })
    void itIsNamedAfterTheAuthorityAsFarAsThatIsAName(String authority, String name) {
        try (OwnLoadBalancer own = new OwnLoadBalancer(authority, () -> {})) {
            assertThat(own.service().service()).isEqualTo(name);
        }
    }

    @Test
    void itsEndpointsAreTheAddressesAsGrpcHandsThemOver() throws UnknownHostException {
        InetAddress ip = InetAddress.getByAddress("a.name", new byte[] {10, 0, 0, 1});
        try (OwnLoadBalancer own = new OwnLoadBalancer("orders", () -> {})) {
            List<EquivalentAddressGroup> marked = own.take(List.of(
                    new EquivalentAddressGroup(new InetSocketAddress(ip, 80)),
                    new EquivalentAddressGroup(InetSocketAddress.createUnresolved("orders-1", 80))));

            assertThat(own.service().endpoints())
                    .extracting(status -> status.endpoint().id())
                    .containsExactly("10.0.0.1:80", "orders-1:80");
            assertThat(marked)
                    .extracting(group -> group.getAttributes().get(ServiceAttributes.ENDPOINT))
                    .containsExactlyElementsOf(own.service().endpoints().stream()
                            .map(status -> status.endpoint())
                            .toList());
        }
    }

    @Test
    void anAddressWithoutAHostIsRefused() {
        try (OwnLoadBalancer own = new OwnLoadBalancer("orders", () -> {})) {
            List<EquivalentAddressGroup> groups =
                    List.of(new EquivalentAddressGroup(new InProcessSocketAddress("here")));
            assertThatThrownBy(() -> own.take(groups))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("address 'here' must have a host and a port");
        }
    }

    @Test
    void oneBadAddressAmongGoodOnesIsLeftOutAndNamed() {
        try (OwnLoadBalancer own = new OwnLoadBalancer("orders", () -> {})) {
            List<EquivalentAddressGroup> marked = own.take(List.of(
                    new EquivalentAddressGroup(new InProcessSocketAddress("here")),
                    new EquivalentAddressGroup(InetSocketAddress.createUnresolved("orders-1", 0)),
                    new EquivalentAddressGroup(InetSocketAddress.createUnresolved("orders-1", 80))));

            assertThat(marked).hasSize(1);
            assertThat(own.service().endpoints())
                    .extracting(status -> status.endpoint().id())
                    .containsExactly("orders-1:80");
            assertThat(own.service().describe())
                    .contains("2 entries left out (address 'here' must have a host and a port; port of orders-1 is 0");
        }
    }

    @Test
    void aLocalitysTextIsReadAndAnyOtherTextIsUnknown() {
        assertThat(LocalityName.parse("{region=\"eu\", zone=\"eu-a\", sub_zone=\"\"}"))
                .isEqualTo(new Locality("eu", "eu-a"));
        assertThat(LocalityName.parse("eu-a")).isEqualTo(Locality.UNKNOWN);
        assertThat(LocalityName.parse("{region=\"" + "x".repeat(500) + "\", zone=\"\", sub_zone=\"\"}"))
                .isEqualTo(Locality.UNKNOWN);
    }
}
