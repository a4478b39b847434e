package dev.evenkeel.lb.okhttp;

import dev.evenkeel.lb.okhttp.HttpOutcomes.Reached;
import dev.evenkeel.lb.okhttp.HttpOutcomes.Stage;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.util.List;
import okhttp3.Address;
import okhttp3.Call;
import okhttp3.Connection;
import okhttp3.EventListener;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * How far the current attempt of a call has come, seen through OkHttp's events, and what of that concerns its {@link CallProgress}.
 *
 * <p>Nearly all of it runs on the thread of the call. What other threads may touch is volatile: connections are made by other threads,
 * a cancel comes from any, and so does the end of a body.
 */
final class Transmission extends EventListener {
    private static final int SWITCHING_PROTOCOLS = 101;

    private final CallProgress progress;
    private final HttpOutcomes outcomes;

    private volatile @Nullable IOException failure; // written by the thread that reads or writes
    private volatile boolean unreachable; // written by threads that connect
    private volatile boolean sendingBody; // written by the thread that sends it
    private volatile boolean bodyDone; // written by the thread that reads it
    private volatile boolean upgraded; // written by the call's thread

    // Read and written by the call's thread.
    private @Nullable Connection held;
    private Stage stage = Stage.PICKED;
    private boolean connected; // anew, in this attempt
    private boolean once; // what has been sent may not be sent again
    private boolean elsewhere; // what fails now is another host's
    private boolean arrived; // there is a connection to where the request goes
    private int followUps; // of the attempt's request
    private volatile @Nullable PinnedEndpoint
            destination; // written by the call's thread; of the request under way; null if it is no service's

    Transmission(CallProgress progress, HttpOutcomes outcomes) {
        this.progress = progress;
        this.outcomes = outcomes;
    }

    /** Begins with another attempt. */
    void restart() {
        failure = null;
        unreachable = false;
        sendingBody = false;
        bodyDone = false;
        stage = Stage.PICKED;
        connected = false;
        elsewhere = false;
        arrived = false;
        once = false;
        followUps = 0;
        destination = progress.endpoint();
    }

    /** What the attempt sends may not be sent again once it has begun, so its connection is worth a look before. */
    void sendsOnce() {
        once = true;
    }

    /** The same request takes another connection; nothing of it has been sent. */
    void takeAnother() {
        arrived = false;
        stage = Stage.PICKED;
    }

    /** The next request is for an endpoint of another service, or of the attempt's own again; or for a host that is no service. */
    void crossTo(@Nullable PinnedEndpoint endpoint) {
        arrived = false;
        destination = endpoint;
    }

    /** An interceptor before ours sends a request for another host, with which the attempt has nothing to do. */
    void leave() {
        crossTo(null);
        elsewhere = true;
    }

    /** Returns how many requests have followed from answers. */
    int followUps() {
        return followUps;
    }

    /** Returns whether the call still holds a connection of this service, which OkHttp would use again for the next attempt at any endpoint. */
    boolean holdsConnectionOf(String service) {
        Connection connection = held;
        return connection != null && connection.route().address().url().host().equals(service);
    }

    boolean isSendingBody() {
        return sendingBody;
    }

    boolean isBodyDone() {
        return bodyDone;
    }

    /** Returns whether nothing is left to be sent or read. Only the end of the call shows that of a WebSocket. */
    boolean isDone() {
        return bodyDone && !sendingBody && !upgraded;
    }

    /** Returns whether there is nothing left to read. */
    boolean isReadOrBroken() {
        return bodyDone || failure != null;
    }

    boolean isUpgraded() {
        return upgraded;
    }

    /** Returns whether it was another host that failed, or a WebSocket, which may just close. */
    boolean isElsewhere() {
        return elsewhere || upgraded;
    }

    boolean isUnconnected() {
        return stage == Stage.PICKED;
    }

    /** Returns whether there is no connection yet, and it was not the endpoint that refused one. */
    boolean isUntried() {
        return stage == Stage.PICKED && !unreachable;
    }

    /** Returns what went wrong with the connection, if anything did. */
    @Nullable
    IOException failure() {
        return failure;
    }

    Reached reached() {
        Connection connection = held;
        boolean multiplexed = connection != null && isMultiplexed(connection);
        return new Reached(stage, !connected, multiplexed, failure != null);
    }

    private static boolean isMultiplexed(Connection connection) {
        return switch (connection.protocol()) {
            case HTTP_2, H2_PRIOR_KNOWLEDGE -> true;
            default -> false; // the enum is OkHttp's, and may grow
        };
    }

    @Override
    public void dnsStart(Call call, String name) {
        unreachable = name.equals(progress.endpoint().service());
    }

    @Override
    public void dnsEnd(Call call, String name, List<InetAddress> addresses) {
        unreachable = false;
    }

    /** May be on another thread, and late: for an attempt that was given up, when the next one is under way. */
    @Override
    public void connectStart(Call call, InetSocketAddress address, Proxy proxy) {
        PinnedEndpoint wanted = destination;
        if (wanted != null && !wanted.isAt(address)) {
            Transmission.<RuntimeException>raise(new IOException("A request for " + wanted + " would have gone to "
                    + address + ", by an interceptor that was added after the client was wrapped. Add it before"));
        }
    }

    /** Throws what OkHttp takes as a failure to connect: in Kotlin nothing has to be declared. */
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <E extends Exception> void raise(IOException failure) throws E {
        throw (E) failure;
    }

    /** An attempt that was given up may still report it, when the next one is under way. */
    @Override
    public void connectFailed(
            Call call, InetSocketAddress address, Proxy proxy, @Nullable Protocol protocol, IOException problem) {
        if (progress.endpoint().isAt(address)) {
            unreachable = true;
        }
    }

    @Override
    public void connectEnd(Call call, InetSocketAddress address, Proxy proxy, @Nullable Protocol protocol) {
        connected = true;
    }

    @Override
    public void connectionAcquired(Call call, Connection connection) {
        held = connection;
        Address address = connection.route().address();
        PinnedEndpoint wanted = destination;
        arrived = wanted == null
                ? !(address.dns() instanceof PinnedEndpoint)
                : address.dns() == wanted && address.url().host().equals(wanted.service());
        if (stage == Stage.PICKED) {
            stage = Stage.CONNECTED;
        }
    }

    @Override
    public void connectionReleased(Call call, Connection connection) {
        held = null;
        if (connection.route().address().dns() instanceof PinnedEndpoint owner) {
            owner.released(connection);
        }
    }

    /** The last moment at which a request can be stopped that would go over a connection of an attempt before, or to another host. */
    @Override
    public void requestHeadersStart(Call call) {
        if (!arrived) {
            String message = "A request for " + (destination == null ? "another host" : destination)
                    + " was not sent, because OkHttp chose a connection that leads elsewhere."
                    + " Add interceptors before the client is wrapped";
            progress.misrouted(message);
            throw new Astray(message);
        }
        Connection connection = held;
        if (once && !connected && !elsewhere && connection != null && wasClosed(connection)) {
            throw new ClosedWhileIdle();
        }
        if (!elsewhere) {
            stage = Stage.SENT;
        }
    }

    /** One that carries several requests at a time is always being read, so that OkHttp knows. */
    private boolean wasClosed(Connection connection) {
        return !isMultiplexed(connection) && progress.endpoint().hasClosed(connection);
    }

    @Override
    public void requestBodyStart(Call call) {
        sendingBody = true;
    }

    @Override
    public void requestBodyEnd(Call call, long byteCount) {
        sendingBody = false;
        progress.transmitted();
    }

    @Override
    public void requestFailed(Call call, IOException problem) {
        failure = problem;
    }

    @Override
    public void responseFailed(Call call, IOException problem) {
        failure = problem;
        progress.transmitted();
    }

    /** The first answer of the service itself settles what the endpoint is worth; redirects and log-ins may follow. */
    @Override
    public void responseHeadersEnd(Call call, Response response) {
        if (elsewhere) {
            return;
        }
        failure = null; // a server may refuse a request before it has read it all
        stage = Stage.ANSWERED;
        upgraded = response.code() == SWITCHING_PROTOCOLS;
        progress.learn(outcomes.of(response));
    }

    @Override
    public void followUpDecision(Call call, Response response, @Nullable Request next) {
        boolean leaves =
                next != null && !next.url().host().equals(progress.endpoint().service());
        if ((next == null || leaves) && !elsewhere) {
            progress.settle();
        }
        if (next == null) {
            return;
        }
        bodyDone = false;
        elsewhere = leaves;
        if (!elsewhere) {
            stage = Stage.CONNECTED;
            connected = true;
        }
        followUps++;
        if (isCrossing(response.request().url().host(), next.url().host())) {
            throw new Crossing(response, next);
        }
    }

    private boolean isCrossing(String from, String to) {
        ServiceDns names = progress.endpoint().names();
        return !from.equals(to) && (names.isService(from) || names.isService(to));
    }

    /** To repeat is for us to decide; for a host that is no service, it is for the client. */
    @Override
    public void retryDecision(Call call, IOException problem, boolean retry) {
        if (retry && destination != null) {
            throw new Vetoed(problem);
        }
    }

    @Override
    public void responseBodyEnd(Call call, long byteCount) {
        bodyDone = true;
        progress.transmitted();
    }

    @Override
    public void callEnd(Call call) {
        progress.over(call, null);
    }

    @Override
    public void callFailed(Call call, IOException problem) {
        progress.over(call, problem);
    }

    @Override
    public void canceled(Call call) {
        progress.canceled(call);
    }
}
