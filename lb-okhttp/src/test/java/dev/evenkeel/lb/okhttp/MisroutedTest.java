package dev.evenkeel.lb.okhttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.UnknownHostException;
import okhttp3.Interceptor;
import okhttp3.OkHttpClient;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A request that went to another endpoint than the one picked does not go unnoticed. */
class MisroutedTest {
    @RegisterExtension
    private final Fleet fleet = new Fleet();

    /** Swallows what makes OkHttp let go of the first endpoint's connection, as an interceptor of the user's might. */
    private static final Interceptor SWALLOWS_THE_RELEASE = chain -> {
        if (chain.request().url().host().equals("lb-release.invalid")) {
            throw new UnknownHostException("swallowed");
        }
        return chain.proceed(chain.request());
    };

    @Test
    void retryThatWouldGoToTheFirstEndpointAgainIsNotSentAndCounted() {
        Server first = fleet.add(request -> Server.status(503));
        fleet.add("hello");
        OkHttpClient broken =
                fleet.client().newBuilder().addInterceptor(SWALLOWS_THE_RELEASE).build();

        assertThatThrownBy(() -> broken.newCall(fleet.request("/").build()).execute())
                .isInstanceOf(IOException.class)
                .hasMessageContaining("Add interceptors before the client is wrapped");

        assertThat(first.requests()).hasSize(1);
        assertThat(fleet.balanced().misrouted()).isOne();
        fleet.awaitNothingInFlight();
    }

    @Test
    void retryThatWentWhereItShouldIsNot() throws IOException {
        Server first = fleet.add(request -> Server.status(503));
        fleet.add("hello");

        assertThat(fleet.ask()).isEqualTo("200 hello");

        assertThat(first.requests()).hasSize(1);
        assertThat(fleet.balanced().misrouted()).isZero();
    }
}
