package dev.evenkeel.lb.grpc;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.LoadBalancerView;
import dev.evenkeel.lb.call.Judgement;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.observe.LoadBalancerListener;
import io.grpc.Metadata;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/**
 * A service as one channel sees it: the load balancer's view with this channel's connections. Safe for use by many threads, except that
 * it is opened and closed in the channel's context.
 */
final class ChannelView {
    private final LoadBalancer service;
    private final LoadBalancerView view;
    private final LoadBalancer.Registration registration;
    private final Faults faults;
    private final boolean decides;
    private final @Nullable GrpcJudge judge;
    private final Owner owner;
    private volatile ConfiguredMethods methods = ConfiguredMethods.NONE; // written in the channel's context
    private volatile boolean closed;

    /** Whom a view tells of changes, on any thread. */
    interface Owner {
        /** Learns that there may be somebody to pick where there was nobody. */
        void candidatesChanged();

        /** Learns that a hedge that was held is to be picked for again; there may be many. */
        default void hedgeReleased() {
            candidatesChanged();
        }

        /** Learns that an endpoint is in the list that was not. */
        void joined(Endpoint endpoint);

        /** Learns that an endpoint is in use again that was out. */
        void recovered(Endpoint endpoint);
    }

    /**
     * Opens a view.
     *
     * @param decides whether the load balancer decides which calls are repeated; else gRPC does, by a service config of somebody else's
     * @param judge says what answers mean, before their status does; null if none was set
     * @param owner is told of changes
     */
    ChannelView(LoadBalancer service, boolean decides, @Nullable GrpcJudge judge, Faults faults, Owner owner) {
        this.service = service;
        this.decides = decides;
        this.judge = judge;
        this.faults = faults;
        this.owner = owner;
        this.view = service.openView(owner::candidatesChanged);
        this.registration = service.addListener(new Changes(owner));
    }

    /** Learns for which methods gRPC decides what is repeated all the same, by policies of the application's. */
    void leave(ConfiguredMethods toGrpc) {
        methods = toGrpc;
    }

    boolean isOf(LoadBalancer other) {
        return service == other;
    }

    String name() {
        return service.service();
    }

    /** Returns what calls fail with when the load balancer is closed. */
    Status whyClosed() {
        return Status.UNAVAILABLE.withDescription(name() + " is closed");
    }

    String whyEmpty() {
        return service.whyEmpty().orElse(name() + " has no endpoints");
    }

    Faults faults() {
        return faults;
    }

    LoadBalancerView view() {
        return view;
    }

    /** Returns what the end of an attempt means; see {@link GrpcOutcomes#of}. */
    Outcome outcome(Status status, @Nullable Metadata trailers, boolean expired, boolean leaving) {
        Judgement judgement = judge == null || !GrpcOutcomes.isAnswer(status, trailers)
                ? null
                : judgement(judge, status, trailers == null ? new Metadata() : trailers);
        return judgement == null
                ? GrpcOutcomes.of(status, trailers, expired, leaving)
                : GrpcOutcomes.judged(judgement, status, trailers);
    }

    private @Nullable Judgement judgement(GrpcJudge asked, Status status, Metadata trailers) {
        try {
            return asked.judge(status, trailers);
        } catch (Throwable e) {
            faults.log(name() + ": an answer could not be judged by EvenkeelGrpc.JUDGE, and was judged by its code", e);
            return null;
        }
    }

    /** Learns that an attempt failed that may be repeated. */
    void failed(CallMemory memory, CallMemory.Failure failure) {
        ConfiguredMethods.Policy policy = memory.policy(methods);
        if (decides && policy != ConfiguredMethods.Policy.RETRY) {
            memory.failed(failure, view, policy == ConfiguredMethods.Policy.HEDGING);
        } else {
            memory.failed(failure);
        }
        releaseHedge(memory);
    }

    /** Has gRPC pick again for a hedge that waits for what becomes of the others, if nothing is under way any more. */
    void releaseHedge(CallMemory memory) {
        if (memory.release()) {
            owner.hedgeReleased();
        }
    }

    /** Returns whether this was closed: the channel idles or ends, or has another service. Whoever picks from it is about to be replaced. */
    boolean isClosed() {
        return closed;
    }

    void close() {
        closed = true; // before nobody is left
        registration.close();
        view.close();
    }

    /** Hears of endpoints that come and come back. */
    private record Changes(Owner owner) implements LoadBalancerListener {
        @Override
        public void onEvent(Event event) {
            Endpoint endpoint = event.endpoint();
            if (endpoint == null) {
                return;
            }
            if (event.type() == Event.Type.ADDED) {
                owner.joined(endpoint);
            } else if (event.type() == Event.Type.AVAILABLE) {
                owner.recovered(endpoint);
            }
        }

        @Override
        public boolean isInterestedIn(Event.Type type) {
            return type == Event.Type.ADDED || type == Event.Type.AVAILABLE;
        }
    }
}
