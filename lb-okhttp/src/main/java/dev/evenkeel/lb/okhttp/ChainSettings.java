package dev.evenkeel.lb.okhttp;

import java.util.Objects;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.X509TrustManager;
import okhttp3.Interceptor.Chain;

/** What interceptors have changed for one call, taken over by another one. Each setting costs an object, so only what differs is set. */
final class ChainSettings {
    private ChainSettings() {}

    static Chain copy(Chain from, Chain to) {
        Chain copy = routes(from, security(from, timeouts(from, to)));
        if (from.getSocketFactory() != copy.getSocketFactory()) {
            copy = copy.withSocketFactory(from.getSocketFactory());
        }
        if (from.getCookieJar() != copy.getCookieJar()) {
            copy = copy.withCookieJar(from.getCookieJar());
        }
        if (from.getCache() != copy.getCache()) {
            copy = copy.withCache(from.getCache());
        }
        if (from.getAuthenticator() != copy.getAuthenticator()) {
            copy = copy.withAuthenticator(from.getAuthenticator());
        }
        return copy;
    }

    private static Chain timeouts(Chain from, Chain to) {
        Chain copy = to;
        if (from.connectTimeoutMillis() != copy.connectTimeoutMillis()) {
            copy = copy.withConnectTimeout(from.connectTimeoutMillis(), TimeUnit.MILLISECONDS);
        }
        if (from.readTimeoutMillis() != copy.readTimeoutMillis()) {
            copy = copy.withReadTimeout(from.readTimeoutMillis(), TimeUnit.MILLISECONDS);
        }
        if (from.writeTimeoutMillis() != copy.writeTimeoutMillis()) {
            copy = copy.withWriteTimeout(from.writeTimeoutMillis(), TimeUnit.MILLISECONDS);
        }
        return copy;
    }

    /** These hold for hosts that are no service, to which a redirect may lead. */
    private static Chain routes(Chain from, Chain to) {
        Chain copy = to;
        if (from.getDns() != copy.getDns()) {
            copy = copy.withDns(from.getDns());
        }
        if (!Objects.equals(from.getProxy(), copy.getProxy())) {
            copy = copy.withProxy(from.getProxy());
        }
        if (from.getProxySelector() != copy.getProxySelector()) {
            copy = copy.withProxySelector(from.getProxySelector());
        }
        if (from.getProxyAuthenticator() != copy.getProxyAuthenticator()) {
            copy = copy.withProxyAuthenticator(from.getProxyAuthenticator());
        }
        if (from.getConnectionPool() != copy.getConnectionPool()) {
            copy = copy.withConnectionPool(from.getConnectionPool());
        }
        if (from.getRetryOnConnectionFailure() != copy.getRetryOnConnectionFailure()) {
            copy = copy.withRetryOnConnectionFailure(from.getRetryOnConnectionFailure());
        }
        return copy;
    }

    private static Chain security(Chain from, Chain to) {
        Chain copy = to;
        SSLSocketFactory factory = from.getSslSocketFactoryOrNull();
        X509TrustManager trust = from.getX509TrustManagerOrNull();
        if (factory != null && trust != null && factory != copy.getSslSocketFactoryOrNull()) {
            copy = copy.withSslSocketFactory(factory, trust);
        }
        if (from.getHostnameVerifier() != copy.getHostnameVerifier()) {
            copy = copy.withHostnameVerifier(from.getHostnameVerifier());
        }
        if (!from.getCertificatePinner().equals(copy.getCertificatePinner())) {
            copy = copy.withCertificatePinner(from.getCertificatePinner());
        }
        return copy;
    }
}
