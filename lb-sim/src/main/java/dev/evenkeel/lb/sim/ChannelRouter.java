package dev.evenkeel.lb.sim;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.LoadBalancerView;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.observe.EndpointStatus;
import java.util.ArrayList;
import java.util.List;

/** Routes calls as a gRPC channel does: it picks among the endpoints that it is connected to, and begins attempts later. */
final class ChannelRouter implements Route.Router {
    private final LoadBalancer balancer;
    private final LoadBalancerView view;
    private final Connections connections;
    private final ProcessTime time;
    private final List<Runnable> waiting = new ArrayList<>(); // calls that find nothing connected
    private boolean awake; // those that wait are about to be tried again

    /**
     * Connects.
     *
     * @param connections not yet begun; they are told of endpoints by a listener of the load balancer
     */
    ChannelRouter(LoadBalancer balancer, Connections connections, ProcessTime time) {
        this.balancer = balancer;
        this.connections = connections;
        this.time = time;
        this.view = balancer.openView(this::candidatesChanged);
        connections.open(view, this::candidatesChanged);
    }

    LoadBalancerView view() {
        return view;
    }

    Connections connections() {
        return connections;
    }

    long nowNanos() {
        return time.nanos();
    }

    @Override
    public Route newCall(RequestInfo request) {
        return new ChannelRoute(this, request);
    }

    /** Runs a task when there may be something to pick. */
    void whenCandidatesChange(Runnable task) {
        waiting.add(task);
    }

    private void candidatesChanged() {
        if (!awake && !waiting.isEmpty()) {
            awake = true;
            time.schedule(0, this::tryAgain); // not now: the load balancer is in the middle of telling
        }
    }

    private void tryAgain() {
        awake = false;
        List<Runnable> calls = List.copyOf(waiting);
        waiting.clear();
        calls.forEach(Runnable::run);
    }

    @Override
    public int inFlight() {
        return balancer.endpoints().stream().mapToInt(EndpointStatus::inFlight).sum();
    }

    @Override
    public void close() {
        view.close();
        balancer.close();
    }
}
