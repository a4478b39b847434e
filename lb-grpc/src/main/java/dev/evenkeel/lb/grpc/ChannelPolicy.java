package dev.evenkeel.lb.grpc;

import dev.evenkeel.lb.LoadBalancerView;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.text.OneLine;
import io.grpc.ConnectivityState;
import io.grpc.EquivalentAddressGroup;
import io.grpc.LoadBalancer;
import io.grpc.LoadBalancerProvider;
import io.grpc.Status;
import io.grpc.SynchronizationContext;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The policy {@code evenkeel} in one channel: keeps a connection to every endpoint, tells the load balancer which are ready, and has it
 * pick. All else, health and latencies and the retry budget, lives in the load balancer, so that nothing is lost when gRPC throws a policy
 * away. Called in the channel's context; nothing that goes wrong here leaves it as an exception, for that would end the channel.
 */
final class ChannelPolicy extends LoadBalancer implements EndpointChild.Owner, ChannelView.Owner {
    private static final System.Logger LOG = System.getLogger(EvenkeelGrpc.class.getName());

    private final Helper helper;
    private final SynchronizationContext context;
    private final Faults faults = new Faults();
    private final Connections connections;
    private final ChannelState state;
    private final Replacements replacements;
    private final Liveness liveness;
    private final HeldHedges heldHedges;
    private final AtomicBoolean ownListScheduled = new AtomicBoolean();

    // Written in the context.
    private volatile @Nullable ChannelView view;
    private @Nullable OwnLoadBalancer own; // null where our resolver names one
    private boolean takingList;
    private boolean closed;

    ChannelPolicy(Helper helper, LoadBalancerProvider leafProvider) {
        this.helper = helper;
        this.context = helper.getSynchronizationContext();
        ConnectQueue queue = new ConnectQueue(helper, new SplittableRandom(), this::isConnected, this::guarded);
        this.connections = new Connections(helper, leafProvider, this, queue, this::guarded);
        this.replacements = new Replacements(helper, connections::dial, this::replaced);
        this.liveness =
                new Liveness(helper, Liveness.interval(helper), connections, replacements, queue, this::execute);
        this.state = new ChannelState(helper, connections, () -> guarded("the end of waiting", this::publish));
        this.heldHedges =
                new HeldHedges(helper, () -> guarded("a held hedge", this::publishIfItMayHelp), System::nanoTime);
        liveness.begin();
    }

    private boolean isConnected() {
        return state.hasReady();
    }

    @Override
    public Status acceptResolvedAddresses(ResolvedAddresses addresses) {
        try {
            return accept(addresses);
        } catch (Throwable e) {
            return failed("the list of endpoints could not be taken", e);
        }
    }

    private Status accept(ResolvedAddresses addresses) {
        dev.evenkeel.lb.LoadBalancer service = addresses.getAttributes().get(ServiceAttributes.SERVICE);
        if (service != null) {
            ChannelView of = viewOf(service, true);
            of.leave(Objects.requireNonNullElse(
                    addresses.getAttributes().get(ServiceAttributes.METHODS), ConfiguredMethods.NONE));
            Receipt.give(addresses);
            return accept(of, addresses.getAddresses());
        }
        OwnLoadBalancer made = own == null ? ownLoadBalancer() : own;
        own = made;
        made.take(addresses.getAddresses());
        return acceptUsed(made);
    }

    /** Takes those that are used of a list that another resolver told. The load balancer says so when these are others. */
    private Status acceptUsed(OwnLoadBalancer of) {
        ChannelView itsView = viewOf(of.service(), false);
        return of.isBehind() ? Status.OK : accept(itsView, of.used());
    }

    /** On any thread; however many changes come at a time, the list is taken once. */
    private void ownListChanged() {
        if (ownListScheduled.compareAndSet(false, true)) {
            execute("a change of the endpoints that are used", () -> {
                ownListScheduled.set(false);
                OwnLoadBalancer of = own;
                if (of != null && !closed) {
                    acceptUsed(of);
                }
            });
        }
    }

    private OwnLoadBalancer ownLoadBalancer() {
        if (ChannelArguments.get(helper, EvenkeelGrpc.SERVICES) != null) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "the channel to " + helper.getAuthority() + " was given load balancers, which are not used:"
                            + " its target is not lb:///service, so it is balanced by one of its own");
        }
        return new OwnLoadBalancer(helper.getAuthority(), this::ownListChanged);
    }

    private Status accept(ChannelView of, List<EquivalentAddressGroup> groups) {
        takingList = true;
        try {
            connections.take(groups, this::tellIfReady);
        } finally {
            takingList = false;
        }
        state.recount();
        if (connections.listed().isEmpty() && !isOver()) {
            return unavailable(of.whyEmpty());
        }
        publish();
        return Status.OK;
    }

    private ChannelView viewOf(dev.evenkeel.lb.LoadBalancer service, boolean decidesRetries) {
        ChannelView open = view;
        if (open != null && open.isOf(service)) {
            return open;
        }
        if (open != null) {
            open.close();
        }
        ChannelView opened = new ChannelView(
                service, decidesRetries, ChannelArguments.get(helper, EvenkeelGrpc.JUDGE), faults, this);
        view = opened;
        connections.listed().forEach(this::tellIfReady);
        return opened;
    }

    /** While something is connected, it is better than what the resolver says. */
    @Override
    public void handleNameResolutionError(Status error) {
        guarded("an error of the resolver", () -> state.publishFailure(error));
    }

    @Override
    public void requestConnection() {
        guarded("a request to connect", connections::dialIdle);
    }

    @Override
    public void shutdown() {
        guarded("the end", () -> {
            closed = true;
            state.end();
            liveness.end();
            connections.shutdown();
            if (view != null) {
                view.close();
            }
            if (own != null) {
                own.close();
            }
        });
    }

    /** Learns the state of one connection. */
    @Override
    public void changed(EndpointChild child, boolean wasReady, boolean hadFailed) {
        guarded("a connection's state", () -> {
            if (closed) {
                return;
            }
            if (child.isParked()) {
                if (!child.isReady()) {
                    connections.remove(child);
                }
                return;
            }
            if (child.state() == ConnectivityState.TRANSIENT_FAILURE && view != null) {
                failed(child, hadFailed, view.view());
            }
            if (!takingList) { // else all are counted when it is taken
                state.count(child, wasReady, hadFailed);
                if (child.isReady() && !wasReady) {
                    won(child);
                } else if (wasReady && !child.isReady()) {
                    lost(child);
                } else if (state.isNews(child, hadFailed)) {
                    publish();
                }
            }
        });
        guarded(
                "a connection's next step",
                () -> { // even if something went wrong, or it would stay as it is for ever
                    if (!closed) {
                        connections.changed(child);
                    }
                });
    }

    private void failed(EndpointChild child, boolean hadFailed, LoadBalancerView of) {
        if (child.wasLost() && !hadFailed) {
            of.lost(child.endpoint());
        }
        of.unreachable(child.endpoint(), child.whyFailed());
    }

    private void won(EndpointChild child) {
        tell(child, true);
        if (state.isNewsThatOneIsReady()) {
            publish();
        }
    }

    /** A connection that was ready was given up for a new one. */
    private void replaced(EndpointChild child) {
        state.count(child, true, child.hasFailed());
        lost(child);
    }

    /** Calls that were just sent to the lost connection wait for the next picker, so there must be one. */
    private void lost(EndpointChild child) {
        tell(child, false);
        publish();
    }

    /** The load balancer may have it in its list although the channel has not: of a long one, as none of those that are used just now. */
    @Override
    public void removed(EndpointChild child) {
        guarded("a connection's end", () -> tell(child, false));
    }

    /** It would not try the new addresses before its pause is over, which can take minutes. */
    @Override
    public void moved(EndpointChild child) {
        guarded("an endpoint's new addresses", () -> replacements.recovered(child));
    }

    private void tellIfReady(EndpointChild child) {
        if (child.isReady()) {
            tell(child, true);
        }
    }

    private void tell(EndpointChild child, boolean isReady) {
        if (view != null) {
            view.view().setReady(child.endpoint(), isReady);
        }
    }

    private void publish() {
        state.publish(view);
    }

    @Override
    public void candidatesChanged() {
        if (state.isAwaited() || isOver()) {
            execute("a change of the candidates", this::publishIfItMayHelp);
        }
    }

    private void publishIfItMayHelp() {
        if (!closed && (state.hasReady() || isOver())) {
            publish();
        }
    }

    /** What waits may be thousands of calls. */
    @Override
    public void hedgeReleased() {
        if (state.isAwaited() || isOver()) {
            heldHedges.released();
        }
    }

    /** Returns whether the load balancer is closed, and nobody needs to wait any more. */
    private boolean isOver() {
        ChannelView of = view;
        return of != null && of.view().isClosed();
    }

    /** Between two lists that we saw it may have been away, and the load balancer has forgotten that we are connected to it. */
    @Override
    public void joined(Endpoint endpoint) {
        EndpointChild connected = connections.find(endpoint.id());
        if (connected != null && connected.isReady()) { // else it says so when it is: at first, all join
            execute("an endpoint's return", () -> {
                EndpointChild child = connections.find(endpoint.id());
                if (child != null && child.isAt(endpoint) && !child.isParked() && !closed) {
                    tellIfReady(child);
                }
            });
        }
    }

    @Override
    public void recovered(Endpoint endpoint) {
        execute("an endpoint's recovery", () -> {
            EndpointChild child = connections.find(endpoint.id());
            if (child != null && child.isAt(endpoint) && !closed) {
                replacements.recovered(child);
            }
        });
    }

    /** On any thread. */
    @Override
    public void suspected(EndpointChild child, Silence silence) {
        execute("a connection's silence", () -> liveness.suspected(child, silence));
    }

    private void execute(String what, Runnable task) {
        context.execute(() -> guarded(what, task));
    }

    private void guarded(String what, Runnable task) {
        try {
            task.run();
        } catch (Throwable e) {
            failed(what + " could not be handled", e);
        }
    }

    private Status failed(String what, Throwable e) {
        faults.log(what, e);
        return unavailable("evenkeel: " + what + ": " + e);
    }

    private Status unavailable(String why) {
        Status status = Status.UNAVAILABLE.withDescription(OneLine.of(why));
        state.publishFailure(status);
        return status;
    }
}
