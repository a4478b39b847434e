package dev.evenkeel.lb.sim;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.retry.RetryDecision;
import dev.evenkeel.lb.time.VirtualTime;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Routes calls as somebody would who knows the true state of every server: to where the call is done first. It never
 * picks a server that may fail the call, and does not begin a call that cannot be done in time, so that no work is
 * wasted. It does not know the future, so when there is no such server it waits for one.
 */
final class OracleRouter implements Route.Router {
    private static final long LOOK_AGAIN_NANOS = 10_000_000;

    private final List<Server> servers;
    private final VirtualTime time;
    private final long delayNanos;
    private final SplitMix64 random;

    OracleRouter(List<Server> servers, VirtualTime time, long delayNanos, SplitMix64 random) {
        this.servers = servers;
        this.time = time;
        this.delayNanos = delayNanos;
        this.random = random;
    }

    @Override
    public Route newCall(RequestInfo request, double share) {
        long deadlineNanos = time.nanos() + request.timeoutNanos();
        return new Route() {
            @Override
            public @Nullable Hop next() {
                Server server = best(share, deadlineNanos - time.nanos() - 2 * delayNanos);
                return server == null ? null : new Hop(server.index(), null);
            }

            @Override
            public long waitNanos() {
                return LOOK_AGAIN_NANOS;
            }

            @Override
            public RetryDecision after(Outcome outcome) {
                return new RetryDecision(RetryDecision.Kind.RETRY, 0);
            }
        };
    }

    /** The search begins anywhere, so that equals take turns. */
    private @Nullable Server best(double share, long limitNanos) {
        int start = random.nextInt(servers.size());
        Server best = null;
        double least = limitNanos;
        for (int i = 0; i < servers.size(); i++) {
            Server server = servers.get((start + i) % servers.size());
            double nanos = server.nanosUntilDone(server.model().serviceTime().nanos(share));
            if (nanos < least) {
                best = server;
                least = nanos;
            }
        }
        return best;
    }

    @Override
    public int inFlight() {
        return 0;
    }

    @Override
    public void close() {}
}
