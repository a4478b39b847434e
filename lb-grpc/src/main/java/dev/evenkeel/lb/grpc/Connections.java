package dev.evenkeel.lb.grpc;

import dev.evenkeel.lb.endpoint.Endpoint;
import io.grpc.ConnectivityState;
import io.grpc.EquivalentAddressGroup;
import io.grpc.LoadBalancer;
import io.grpc.LoadBalancerProvider;
import io.grpc.SynchronizationContext;
import io.grpc.SynchronizationContext.ScheduledHandle;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A channel's connections, one for each endpoint in the list, and for a while those of endpoints that left it: what is in flight there
 * finishes, and an endpoint that comes back is connected already. Used in the channel's context, except for {@link #find}.
 */
final class Connections {
    /** How far ahead a connection is looked for: as many as may leave side by side before those after them are looked up. Guessed. */
    private static final int AHEAD = 16;

    /** How long a connection outlives its endpoint's place in the list. */
    static final long PARKING_SECONDS = 30;

    private final LoadBalancer.Helper channel;
    private final SynchronizationContext context;
    private final LoadBalancerProvider leafProvider;
    private final EndpointChild.Owner owner;
    private final BiConsumer<String, Runnable> guarded;
    private final OpenCalls openCalls = new OpenCalls();
    private final Map<String, EndpointChild> byId = new ConcurrentHashMap<>();
    private List<EndpointChild> listed = new ArrayList<>();
    private int list; // the number of the latest
    private final Map<Integer, ScheduledHandle> timers = new HashMap<>(); // of those that are parked, by the list since
    private final Dialer dialer;

    /**
     * Creates them.
     *
     * @param queue says when each may be begun
     * @param guarded runs a task with this name, and what is thrown stays there
     */
    Connections(
            LoadBalancer.Helper channel,
            LoadBalancerProvider leafProvider,
            EndpointChild.Owner owner,
            ConnectQueue queue,
            BiConsumer<String, Runnable> guarded) {
        this.dialer = new Dialer(channel, queue, this::connect, guarded);
        this.guarded = guarded;
        this.channel = channel;
        this.context = channel.getSynchronizationContext();
        this.leafProvider = leafProvider;
        this.owner = owner;
    }

    /** Returns the connection of an endpoint that is in the list, or was until a short while ago; null if there is none. */
    @Nullable
    EndpointChild find(String id) {
        return byId.get(id);
    }

    /** Returns those of the endpoints in the list. */
    Collection<EndpointChild> listed() {
        return Collections.unmodifiableList(listed);
    }

    /** Returns those and the ones that outlive their endpoint's place in the list. */
    Collection<EndpointChild> all() {
        return byId.values();
    }

    /**
     * Takes a whole list, each address with its endpoint. Of several with the same id the last one counts.
     *
     * @param joined is told of each that is new in the list, or in it again
     */
    void take(List<EquivalentAddressGroup> groups, Consumer<EndpointChild> joined) {
        List<EndpointChild> before = listed;
        listed = new ArrayList<>(groups.size());
        list++;
        int at = 0;
        for (EquivalentAddressGroup group : groups) {
            int stays = indexNear(at, group, before);
            if (stays >= 0) {
                before.get(stays).stay(list);
                listed.add(before.get(stays));
                at = stays + 1;
            } else {
                list(group, joined);
            }
        }
        park(before.stream()
                .filter(child -> !child.isIn(list) && byId.get(child.endpoint().id()) == child)
                .toList());
        dialer.begin();
    }

    /** Returns where the connection to the very same address stood in the last list, if it is there or not far behind; else −1. */
    @SuppressWarnings("ReferenceEquality") // another group may say something else of the same endpoint
    private int indexNear(int from, EquivalentAddressGroup group, List<EndpointChild> before) {
        int end = Math.min(before.size(), from + AHEAD);
        for (int i = from; i < end; i++) {
            EndpointChild child = before.get(i);
            if (child.address() == group && !child.isIn(list) && !child.isEnded()) {
                return i;
            }
        }
        return -1;
    }

    @SuppressWarnings("ReferenceEquality") // another group may say something else of the same endpoint
    private void list(EquivalentAddressGroup group, Consumer<EndpointChild> joined) {
        Endpoint endpoint = group.getAttributes().get(ServiceAttributes.ENDPOINT);
        if (endpoint == null) {
            return;
        }
        EndpointChild child = childAt(endpoint, group);
        boolean again = child.isIn(list);
        boolean stays = child.isIn(list - 1);
        boolean keepsAddress =
                AddressBook.lacksAddress(group) && child.hasAddress(); // it may as well be the same still
        EquivalentAddressGroup before = child.address();
        child.listed(endpoint, keepsAddress ? before : group, list);
        if (!child.hasAddress() && before != child.address()) {
            child.connect(); // which fails with what the list says now
        } else if (!before.getAddresses().equals(child.address().getAddresses())) {
            owner.moved(child);
        }
        if (!again) {
            listed.add(child);
        }
        if (!again && !stays) {
            joined.accept(child);
        }
    }

    private EndpointChild childAt(Endpoint endpoint, EquivalentAddressGroup group) {
        EndpointChild known = byId.get(endpoint.id());
        if (known != null && known.isAt(endpoint) && isReachedAsBefore(known, group)) {
            return known;
        }
        if (known != null) {
            if (known.isIn(list)) {
                listed.remove(known);
            }
            end(known); // gRPC lets what is in flight there finish
            owner.removed(known);
        }
        EndpointChild child = new EndpointChild(channel, leafProvider, openCalls, owner, group, endpoint);
        byId.put(endpoint.id(), child);
        dialer.want(child);
        return child;
    }

    private static boolean isReachedAsBefore(EndpointChild known, EquivalentAddressGroup group) {
        return AddressBook.lacksAddress(group) || (known.hasAddress() && known.isServedAs(group));
    }

    private void park(List<EndpointChild> leaving) {
        List<EndpointChild> parked = new ArrayList<>();
        for (EndpointChild child : leaving) {
            if (child.isReady()) {
                child.park(list);
                parked.add(child);
            } else {
                remove(child);
            }
        }
        outlive(parked, list);
    }

    private void outlive(List<EndpointChild> parked, int since) {
        if (!parked.isEmpty()) {
            timers.put(
                    since,
                    context.schedule(
                            () -> leaveParking(parked, since),
                            PARKING_SECONDS,
                            TimeUnit.SECONDS,
                            channel.getScheduledExecutorService()));
        }
    }

    /** Those over which calls wait that nothing else ends are kept for as long again, and so on. */
    private void leaveParking(List<EndpointChild> parked, int since) {
        timers.remove(since);
        Set<Silence> withOpenCalls = withOpenCalls();
        List<EndpointChild> staying = new ArrayList<>();
        for (EndpointChild child : parked) {
            boolean isStillParked =
                    child.isParkedSince(since) && byId.get(child.endpoint().id()) == child;
            if (isStillParked && withOpenCalls.contains(child.silence())) {
                staying.add(child);
            } else if (isStillParked) {
                guarded.accept("a connection's end", () -> remove(child)); // or it would keep the others from theirs
            }
        }
        outlive(staying, since);
    }

    /** Returns over which connections there are calls that nothing else will end. */
    Set<Silence> withOpenCalls() {
        return openCalls.connections();
    }

    /** Forgets a connection whose endpoint is not in the list. */
    void remove(EndpointChild child) {
        byId.remove(child.endpoint().id(), child);
        end(child);
        owner.removed(child);
    }

    private void end(EndpointChild child) {
        dialer.forget(child);
        child.end();
    }

    /** Learns that a connection was made, lost, or failed, so that it is made again, or the next is begun. */
    void changed(EndpointChild child) {
        if (!child.isParked() && !child.isEnded()) {
            dialer.changed(child);
        }
    }

    /** Makes a connection that was given up, as soon as there is a place. */
    void dial(EndpointChild child) {
        dialer.want(child);
        dialer.begin();
    }

    /** Makes those that are not being made, and that need no pause. */
    void dialIdle() {
        listed.stream().filter(child -> child.state() == ConnectivityState.IDLE).forEach(dialer::want);
        dialer.begin();
    }

    /** What cannot even begin is forgotten, so that the next list begins it anew. */
    private void connect(EndpointChild child) {
        try {
            child.connect();
        } catch (RuntimeException | Error e) {
            listed.remove(child);
            remove(child);
            throw e;
        }
    }

    void shutdown() {
        timers.values().forEach(ScheduledHandle::cancel);
        timers.clear();
        dialer.end();
        listed.clear();
        byId.values().forEach(EndpointChild::shutdown);
        byId.clear();
    }
}
