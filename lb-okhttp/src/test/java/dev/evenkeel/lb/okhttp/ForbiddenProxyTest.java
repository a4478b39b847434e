package dev.evenkeel.lb.okhttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.evenkeel.lb.LoadBalancers;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import okhttp3.OkHttpClient;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A proxy is gone past unless that is forbidden. */
class ForbiddenProxyTest {
    private static final InetSocketAddress PROXY = InetSocketAddress.createUnresolved("proxy.internal", 3128);

    @RegisterExtension
    private final Fleet fleet = new Fleet();

    private EvenkeelOkHttpBuilder wrapping(OkHttpClient.Builder client) {
        return EvenkeelOkHttp.builder(client.build(), LoadBalancers.of(fleet.loadBalancer()));
    }

    @Test
    void clientWithAProxyIsRefusedByName() {
        OkHttpClient.Builder client = new OkHttpClient.Builder().proxy(new Proxy(Proxy.Type.HTTP, PROXY));

        assertThatThrownBy(() -> wrapping(client).forbidProxies().build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("proxy.internal", Fleet.SERVICE, "proxies are forbidden");
    }

    @Test
    void clientWhoseSelectorHasAProxyForTheServiceIsRefused() {
        OkHttpClient.Builder client = new OkHttpClient.Builder().proxySelector(ProxySelector.of(PROXY));

        assertThatThrownBy(() -> wrapping(client).forbidProxies().build())
                .hasMessageContaining("proxies are forbidden");
    }

    @Test
    void withoutTheBanOrWithoutAProxyTheClientIsBuilt() {
        OkHttpClient.Builder proxied = new OkHttpClient.Builder().proxy(new Proxy(Proxy.Type.HTTP, PROXY));
        OkHttpClient.Builder direct = new OkHttpClient.Builder().proxy(Proxy.NO_PROXY);
        try (EvenkeelOkHttp past = wrapping(proxied).build();
                EvenkeelOkHttp plain = wrapping(direct).forbidProxies().build()) {
            assertThat(past.client()).isNotSameAs(plain.client());
        }
    }
}
