package dev.evenkeel.lb.okhttp;

import dev.evenkeel.lb.time.Environment;
import java.io.IOException;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;
import okhttp3.Connection;
import okhttp3.Interceptor;
import okhttp3.Request;
import okhttp3.Response;

/**
 * Retires connections to endpoints that have become old, so that load moves when something behind an address changes: a name that leads
 * elsewhere, or an L4 balancer with new servers.
 *
 * <p>The last request on a connection carries {@code Connection: close}. OkHttp then takes no more requests for it, over HTTP/2 without
 * sending the header, and whatever is under way on it finishes. Ages differ by a tenth up or down, or a fleet that started together
 * would connect anew together. Safe for use by many threads.
 */
final class ConnectionAge implements Interceptor {
    private static final double JITTER = 0.1;

    private final Duration limit;
    private final Environment environment;
    private final Map<Connection, Long> ends = Collections.synchronizedMap(new WeakHashMap<>());

    ConnectionAge(Duration limit, Environment environment) {
        if (limit.compareTo(Duration.ofSeconds(1)) < 0 || limit.compareTo(Duration.ofDays(1)) > 0) {
            throw new IllegalArgumentException("maxConnectionAge is " + limit + ", must be 1 s to 1 day");
        }
        this.limit = limit;
        this.environment = environment;
    }

    @Override
    public Response intercept(Chain chain) throws IOException {
        Connection connection = chain.connection();
        boolean ours = connection != null && connection.route().address().dns() instanceof PinnedEndpoint;
        return chain.proceed(ours && isOld(connection) ? last(chain.request()) : chain.request());
    }

    private boolean isOld(Connection connection) {
        long now = environment.ticker().nanos();
        long end = ends.computeIfAbsent(connection, key -> now + lifetimeNanos());
        return now - end >= 0;
    }

    private long lifetimeNanos() {
        double share = 1 - JITTER + 2 * JITTER * environment.random().nextDouble();
        return (long) (limit.toNanos() * share);
    }

    private static Request last(Request request) {
        return request.newBuilder().header("Connection", "close").build();
    }
}
