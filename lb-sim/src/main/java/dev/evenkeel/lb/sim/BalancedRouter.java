package dev.evenkeel.lb.sim;

import dev.evenkeel.lb.Attempt;
import dev.evenkeel.lb.BalancedCall;
import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.NoEndpointException;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.observe.EndpointStatus;
import dev.evenkeel.lb.retry.RetryDecision;
import org.jspecify.annotations.Nullable;

/** Routes calls as an adapter does: by the real load balancer. */
record BalancedRouter(LoadBalancer balancer) implements Route.Router {
    @Override
    public Route newCall(RequestInfo request) {
        return new BalancedRoute(balancer.newCall(request));
    }

    @Override
    public int inFlight() {
        return balancer.endpoints().stream().mapToInt(EndpointStatus::inFlight).sum();
    }

    @Override
    public void close() {
        balancer.close();
    }

    private record BalancedRoute(BalancedCall call) implements Route {
        @Override
        public @Nullable Hop next() {
            try {
                return hop(call.nextAttempt());
            } catch (NoEndpointException e) {
                return null;
            }
        }

        @Override
        public long hedgeDelayNanos() {
            return call.hedgeDelayNanos();
        }

        @Override
        public @Nullable Hop hedge() {
            Attempt beside = call.hedge();
            return beside == null ? null : hop(beside);
        }

        @Override
        public RetryDecision after(Outcome outcome) {
            return call.retryAfter(outcome);
        }

        private static Hop hop(Attempt attempt) {
            return new BegunHop(Discovery.indexOf(attempt.endpoint()), attempt);
        }
    }

    /** An attempt that counts as in flight from its pick on. */
    private record BegunHop(int server, Attempt attempt) implements Route.Hop {
        @Override
        public boolean isProbe() {
            return attempt.isProbe();
        }

        @Override
        public boolean isDecisive() {
            return attempt.isDecisive();
        }

        @Override
        public void ended(Outcome outcome) {
            attempt.complete(outcome);
        }
    }
}
