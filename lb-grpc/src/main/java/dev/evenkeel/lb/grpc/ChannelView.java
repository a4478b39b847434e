package dev.evenkeel.lb.grpc;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.LoadBalancerView;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.observe.LoadBalancerListener;
import io.grpc.Metadata;
import java.util.function.Consumer;
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

    /** The memory of a failed call without the interceptor. gRPC picks for its retry next, on the thread that saw it fail. */
    @SuppressWarnings(
            "ThreadLocalUsage") // not static, so that threads of gRPC's do not keep a closed service in memory
    private final ThreadLocal<@Nullable CallMemory> handover = new ThreadLocal<>();

    /**
     * Opens a view.
     *
     * @param decides whether the load balancer decides which calls are repeated; else gRPC does, by a service config of somebody else's
     * @param changed is run when there may be somebody else to pick, on any thread
     * @param recovered is told of endpoints that are in use again, on any thread
     */
    ChannelView(LoadBalancer service, boolean decides, Faults faults, Runnable changed, Consumer<Endpoint> recovered) {
        this.service = service;
        this.decides = decides;
        this.faults = faults;
        this.view = service.openView(changed);
        this.registration = service.addListener(new Recoveries(recovered));
    }

    boolean isOf(LoadBalancer other) {
        return service == other;
    }

    String name() {
        return service.service();
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

    /** Learns that an attempt failed that may be repeated. */
    void failed(@Nullable CallMemory memory, RequestInfo request, CallMemory.Failure failure) {
        if (memory != null) {
            decide(memory, failure);
            return;
        }
        CallMemory made = new CallMemory(request, false);
        made.went(failure.pick());
        decide(made, failure);
        handover.set(made);
    }

    private void decide(CallMemory memory, CallMemory.Failure failure) {
        if (decides) {
            memory.failed(failure, view);
        } else {
            memory.failed(failure);
        }
    }

    /** Returns the memory that was left on this thread, if it is for the attempt with these headers; else null, the rule. */
    @Nullable
    CallMemory takeOver(Metadata headers) {
        CallMemory left = handover.get();
        if (left == null) {
            return null;
        }
        handover.remove();
        return CallMemory.number(headers) == 0 ? null : left;
    }

    void close() {
        registration.close();
        view.close();
    }

    /** Hears that endpoints are back. */
    private record Recoveries(Consumer<Endpoint> recovered) implements LoadBalancerListener {
        @Override
        public void onEvent(Event event) {
            Endpoint endpoint = event.endpoint();
            if (event.type() == Event.Type.AVAILABLE && endpoint != null) {
                recovered.accept(endpoint);
            }
        }
    }
}
