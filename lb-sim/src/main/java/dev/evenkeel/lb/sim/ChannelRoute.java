package dev.evenkeel.lb.sim;

import dev.evenkeel.lb.Attempt;
import dev.evenkeel.lb.NoEndpointException;
import dev.evenkeel.lb.Pick;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.policy.Node;
import dev.evenkeel.lb.policy.PickContext;
import dev.evenkeel.lb.retry.RetryDecision;
import dev.evenkeel.lb.retry.RetryPolicy;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The attempts of one call over a channel, and what they know of each other. */
final class ChannelRoute implements Route, PickContext {
    /** From the pick until the headers are on the wire: the way to the transport's thread. Guessed. */
    private static final long TO_WIRE_NANOS = 50_000;

    private final ChannelRouter channel;
    private final RequestInfo request;
    private final long startNanos;
    private final List<Endpoint> tried = new ArrayList<>(1);

    ChannelRoute(ChannelRouter channel, RequestInfo request) {
        this.channel = channel;
        this.request = request;
        this.startNanos = channel.nowNanos();
    }

    @Override
    public @Nullable Hop next() {
        try {
            Pick pick = channel.view().pick(this);
            tried.add(pick.endpoint());
            return new ChannelHop(pick);
        } catch (NoEndpointException e) {
            return null;
        }
    }

    @Override
    public boolean waitsToTryAgain(Runnable again) {
        boolean worthIt = channel.view().isWorthWaiting(this, channel.connections()::mayConnect);
        if (worthIt) {
            channel.whenCandidatesChange(again);
        }
        return worthIt;
    }

    @Override
    public RetryDecision after(Outcome outcome) {
        RetryPolicy.Progress progress = new RetryPolicy.Progress(
                tried.size(),
                tried.size() - 1,
                false,
                channel.view().hasUntried(this),
                false,
                request.timeoutNanos() - (channel.nowNanos() - startNanos));
        RetryDecision decision = channel.view().decideRetry(outcome, request, progress);
        boolean paid = decision.kind() != RetryDecision.Kind.RETRY
                || channel.view().chargeRetry(tried.get(tried.size() - 1), outcome.reason());
        return paid ? decision : RetryDecision.BUDGET_EXHAUSTED;
    }

    @Override
    public RequestInfo request() {
        return request;
    }

    @Override
    public boolean hasTried(Node node) {
        return tried.stream()
                .anyMatch(endpoint -> endpoint.id().equals(node.endpoint().id()));
    }

    @Override
    public boolean isFirstPick() {
        return tried.isEmpty();
    }

    private final class ChannelHop implements Hop {
        private final Pick pick;
        private @Nullable Attempt attempt; // null before it is sent
        private long sentNanos; // means nothing before that

        ChannelHop(Pick pick) {
            this.pick = pick;
        }

        @Override
        public int server() {
            return Discovery.indexOf(pick.endpoint());
        }

        @Override
        public boolean isConnected() {
            return true;
        }

        @Override
        public boolean isProbe() {
            return false;
        }

        @Override
        public boolean isDecisive() {
            return attempt != null && attempt.isDecisive();
        }

        @Override
        public long toWireNanos() {
            return TO_WIRE_NANOS;
        }

        @Override
        public void sent() {
            sentNanos = channel.nowNanos();
            attempt = pick.begin();
        }

        @Override
        public void ended(Outcome outcome) {
            if (attempt != null) {
                attempt.complete(outcome);
                channel.connections().attemptEnded(server(), sentNanos, outcome);
            } else if (pick.isTrial()) {
                pick.begin().complete(Outcome.CANCELLED); // leaves the trial to another
            }
        }
    }
}
