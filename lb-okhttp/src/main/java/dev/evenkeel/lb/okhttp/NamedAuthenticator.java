package dev.evenkeel.lb.okhttp;

import java.io.IOException;
import okhttp3.Address;
import okhttp3.Authenticator;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.Route;
import org.jspecify.annotations.Nullable;

/**
 * The user's authenticator, which sees a route on which the service's addresses have the service's name, as without us:
 * {@code java.net.Authenticator} is told of it as the requesting site.
 */
final class NamedAuthenticator implements Authenticator {
    private final Authenticator users;
    private final PinnedEndpoint endpoint;

    NamedAuthenticator(Authenticator users, PinnedEndpoint endpoint) {
        this.users = users;
        this.endpoint = endpoint;
    }

    @Override
    public @Nullable Request authenticate(@Nullable Route route, Response response) throws IOException {
        if (route == null || route.address().dns() != endpoint) {
            return users.authenticate(route, response);
        }
        return users.authenticate(named(route), response);
    }

    private Route named(Route route) {
        Address address = route.address();
        Address named = new Address(
                address.url().host(),
                address.url().port(),
                endpoint::lookUpByName,
                address.socketFactory(),
                address.sslSocketFactory(),
                address.hostnameVerifier(),
                address.certificatePinner(),
                address.proxyAuthenticator(),
                address.proxy(),
                address.protocols(),
                address.connectionSpecs(),
                address.proxySelector());
        return new Route(named, route.proxy(), route.socketAddress());
    }
}
