package dev.evenkeel.lb.okhttp;

import dev.evenkeel.lb.endpoint.Authority;
import dev.evenkeel.lb.endpoint.Endpoint;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.X509TrustManager;
import okhttp3.HttpUrl;
import okhttp3.Interceptor.Chain;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * How an endpoint is asked for that does not go by its service's name, or has what the service is below a path of its own. The request's URL
 * stays as it is for everything that goes by it: cookies, cache, redirects, listeners. What differs is the request as it is sent, and the name
 * in TLS.
 *
 * @param service the service's name
 * @param authority the endpoint's own name; null if it is the service's
 * @param basePath what stands before the path; may be empty
 */
record EndpointName(String service, @Nullable Authority authority, String basePath) {
    static EndpointName of(String service, Endpoint endpoint) {
        return new EndpointName(service, endpoint.authority().orElse(null), endpoint.basePath());
    }

    /** Returns whether it is asked for as the service is. */
    boolean isPlain() {
        return authority == null && basePath.isEmpty();
    }

    /** Has TLS tell, and check, the endpoint's name where it would the service's. */
    Chain secure(Chain chain) {
        SSLSocketFactory factory = chain.getSslSocketFactoryOrNull();
        X509TrustManager trust = chain.getX509TrustManagerOrNull();
        if (authority == null || factory == null || trust == null) {
            return chain;
        }
        String name = authority.host();
        return chain.withSslSocketFactory(new NamingSslSocketFactory(factory, service, name), trust)
                .withHostnameVerifier(
                        new NamingVerifier(chain.getHostnameVerifier(), chain.getCertificatePinner(), service, name));
    }

    /** Returns a request as it is sent. A Host header that the caller has chosen stays. */
    Request onWire(Request request) {
        HttpUrl url = request.url();
        Request.Builder wire = request.newBuilder()
                .url(url.newBuilder().encodedPath(basePath + url.encodedPath()).build());
        String host = request.header("Host");
        if (authority != null && (host == null || host.equals(hostHeader(url)))) {
            wire.header("Host", authority.toString());
        }
        return wire.build();
    }

    private static String hostHeader(HttpUrl url) {
        return url.port() == HttpUrl.defaultPort(url.scheme()) ? url.host() : url.host() + ":" + url.port();
    }

    /** Returns a response as if the service itself had sent it: what it says of its own place leads back to the service. */
    Response fromWire(Response response, HttpUrl url) {
        return new WireHeaders(this, url).translate(response);
    }

    /** Returns where a request for that URL goes in truth. */
    HttpUrl wireUrl(HttpUrl url) {
        HttpUrl.Builder wire = url.newBuilder().encodedPath(basePath + url.encodedPath());
        if (authority != null) {
            wire.host(authority.host()).port(authority.port().orElse(HttpUrl.defaultPort(url.scheme())));
        }
        return wire.build();
    }
}
