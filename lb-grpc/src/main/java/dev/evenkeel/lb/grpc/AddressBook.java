package dev.evenkeel.lb.grpc;

import dev.evenkeel.lb.endpoint.Endpoint;
import io.grpc.Attributes;
import io.grpc.EquivalentAddressGroup;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The endpoints of a list as gRPC wants them, with the addresses that were found for them. One that was in the last list, too, and has not moved
 * is the same object again: to make it costs more than all else that a channel does with it, and the policy knows by it that nothing has
 * changed. Used in the channel's context.
 */
final class AddressBook {
    /** How far ahead an endpoint is looked for: as many as may leave side by side before those after them are made anew. Guessed. */
    private static final int AHEAD = 16;

    private static final System.Logger LOG = System.getLogger(EvenkeelGrpc.class.getName());

    private final AddressFinder finder;
    private final AddressLookups lookups;
    private final Faults faults;

    private List<ListedEndpoint> listed = List.of(); // of the last list
    private boolean saidBasePath;

    /**
     * Creates one.
     *
     * @param blocking runs what may wait for a name server
     * @param answered is run on any thread when {@link #takeAnswers} may have news
     */
    AddressBook(AddressFinder finder, Executor blocking, Runnable answered, Faults faults) {
        this.finder = finder;
        this.lookups = new AddressLookups(finder, blocking, answered);
        this.faults = faults;
    }

    /**
     * Returns the groups of a list, in its order, and begins to find addresses that are not known. Lists are nearly always in the order of the
     * last one, so a table is needed only where there is news.
     */
    List<EquivalentAddressGroup> groups(List<Endpoint> list) {
        List<ListedEndpoint> found = new ArrayList<>(list.size());
        List<ListedEndpoint> unknown = new ArrayList<>();
        Map<String, ListedEndpoint> before = null;
        int at = 0;
        for (Endpoint endpoint : list) {
            int known = find(endpoint, at);
            at = known < 0 ? at : known + 1;
            if (known < 0 && before == null) {
                before = byId();
            }
            ListedEndpoint its = known < 0 ? listed(endpoint, before) : listed.get(known);
            found.add(its);
            if (its.isToBeAsked(known < 0)) {
                unknown.add(its);
            }
        }
        listed = found;
        ask(unknown);
        takeAnswers(); // some may be there at once
        return listed.stream().map(ListedEndpoint::group).toList();
    }

    private Map<String, ListedEndpoint> byId() {
        Map<String, ListedEndpoint> byId = new HashMap<>();
        listed.forEach(each -> byId.put(each.endpoint().id(), each));
        return byId;
    }

    /** Returns where the very same description stood, from this place on; negative if not near there. */
    @SuppressWarnings("ReferenceEquality") // another description of the same endpoint is news
    private int find(Endpoint endpoint, int from) {
        int end = Math.min(listed.size(), from + AHEAD);
        for (int i = from; i < end; i++) {
            if (listed.get(i).endpoint() == endpoint) {
                return i;
            }
        }
        return -1;
    }

    private ListedEndpoint listed(Endpoint endpoint, @Nullable Map<String, ListedEndpoint> before) {
        ListedEndpoint known = before == null ? null : before.get(endpoint.id());
        boolean isSame = known != null && known.endpoint().isSameServerAs(endpoint);
        return new ListedEndpoint(endpoint, attributes(endpoint), finder.isFixed(endpoint), isSame ? known : null);
    }

    /** By the authority gRPC asks for the server, and has it prove that in TLS. Where a method is, gRPC alone says. */
    private Attributes attributes(Endpoint endpoint) {
        if (!endpoint.basePath().isEmpty() && !saidBasePath) {
            saidBasePath = true;
            LOG.log(
                    System.Logger.Level.WARNING,
                    endpoint + " has the base path " + endpoint.basePath()
                            + ", which has no effect over gRPC; it is logged only this once");
        }
        Attributes.Builder attributes = Attributes.newBuilder().set(ServiceAttributes.ENDPOINT, endpoint);
        endpoint.authority()
                .ifPresent(authority ->
                        attributes.set(EquivalentAddressGroup.ATTR_AUTHORITY_OVERRIDE, authority.toString()));
        return attributes.build();
    }

    private void ask(List<ListedEndpoint> some) {
        if (!some.isEmpty()) {
            some.forEach(ListedEndpoint::asked);
            lookups.begin(some);
        }
    }

    /** Asks again for the addresses that may have changed by themselves. */
    void askForThoseThatMayMove() {
        askAgain(each -> each.mayMove() && !each.isAsked());
    }

    /** Asks again for all addresses that are not certain: some connection was lost. */
    void askAgain() {
        askAgain(ListedEndpoint::isAskedWhenLost);
    }

    private void askAgain(Predicate<ListedEndpoint> which) {
        ask(listed.stream().filter(which).toList());
    }

    /** Takes the answers that there are, and returns whether the channel is to be told. */
    boolean takeAnswers() {
        boolean[] isNews = {false};
        lookups.takeAnswers((of, found) -> {
            if (found.isEmpty()) {
                faults.log(
                        of.hasAddress()
                                ? "the address of an endpoint could not be found again, so its last one stays in use"
                                : "an endpoint has no address",
                        new IllegalStateException(found.whyNot(), found.cause()));
            }
            isNews[0] |= of.take(found);
        });
        return isNews[0];
    }

    /** Returns whether some addresses may change by themselves. */
    boolean hasSomeThatMayMove() {
        return listed.stream().anyMatch(ListedEndpoint::mayMove);
    }

    /** Returns whether there are endpoints that the channel has not heard of, and whose addresses are being found. */
    boolean isAwaited() {
        return listed.stream().anyMatch(ListedEndpoint::isAwaited);
    }

    /** Learns that the channel was told what {@link #groups} returned last. */
    void told() {
        listed.forEach(ListedEndpoint::told);
    }

    /** Returns whether an endpoint cannot be connected to, for it has no address, or none yet. */
    static boolean lacksAddress(EquivalentAddressGroup group) {
        return group.getAttributes().get(ServiceAttributes.NO_ADDRESS) != null || isLookedUp(group);
    }

    /** Returns whether it is not yet known where an endpoint is. */
    static boolean isLookedUp(EquivalentAddressGroup group) {
        return group.getAttributes().get(ServiceAttributes.IS_LOOKED_UP) != null;
    }
}
