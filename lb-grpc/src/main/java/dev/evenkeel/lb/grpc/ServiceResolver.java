package dev.evenkeel.lb.grpc;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.observe.LoadBalancerListener;
import dev.evenkeel.lb.text.OneLine;
import io.grpc.Attributes;
import io.grpc.NameResolver;
import io.grpc.Status;
import io.grpc.StatusOr;
import io.grpc.SynchronizationContext;
import io.grpc.SynchronizationContext.ScheduledHandle;
import java.net.SocketAddress;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Tells a channel the list of a service's endpoints, and again whenever it changes. It finds nothing out by itself: the load balancer
 * watches its source, and goes on doing so while the channel is idle.
 */
final class ServiceResolver extends NameResolver implements LoadBalancerListener {
    private static final System.Logger LOG = System.getLogger(EvenkeelGrpc.class.getName());

    /** Addresses that could not be had are asked for again after so long, if nothing else happens before. Guessed. */
    private static final long RETRY_SECONDS = 10;

    private final LoadBalancer service;
    private final AddressBook book;
    private final SynchronizationContext context;
    private final ServiceConfigParser parser;
    private final MergedConfig config;
    private final Receipt receipt;
    private final Supplier<ScheduledExecutorService>
            scheduler; // asked for only where it is needed: not every caller gives one
    private final Faults faults = new Faults();
    private final AtomicBoolean scheduled = new AtomicBoolean();

    // Written in the context.
    private @Nullable Listener2 listener;
    private LoadBalancer.@Nullable Registration registration;
    private @Nullable ScheduledHandle retry; // of addresses that could not be had

    ServiceResolver(LoadBalancer service, Function<Endpoint, SocketAddress> addresses, Args args) {
        this.service = service;
        this.book = new AddressBook(addresses, faults);
        this.context = args.getSynchronizationContext();
        this.scheduler = args::getScheduledExecutorService;
        this.parser = args.getServiceConfigParser();
        BuilderSettings settings = args.getArg(BuilderSettings.KEY);
        this.config = settings == null
                ? MergedConfig.of(null, service.retryPolicy(), Registration.policy(), MergedConfig.Limits.NONE)
                : settings.merged(args, service);
        this.receipt = new Receipt(service.service());
        if (service.mayHedge()) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    service.service()
                            + ": hedging and attemptTimeout are not for gRPC channels, where they have no effect:"
                            + " set a deadline, or a hedgingPolicy in a service config of the channel's");
        }
    }

    /** Returns the service's name: what requests carry and TLS checks. */
    @Override
    public String getServiceAuthority() {
        return service.service();
    }

    @Override
    public void start(Listener2 newListener) {
        listener = newListener;
        registration = service.addListener(this);
        if (service.isFirstListAwaited()) { // a source that takes too long is news that no event tells
            CompletionStage<Void> unused = service.firstList().thenRun(this::resolve);
        }
        resolve();
    }

    /** Tells the list again: gRPC asks for it after it refused one. */
    @Override
    public void refresh() {
        resolve();
    }

    @Override
    public void shutdown() {
        listener = null;
        endRetry();
        if (registration != null) {
            registration.close();
        }
    }

    @Override
    public void onEvent(Event event) {
        resolve();
    }

    @Override
    public boolean isInterestedIn(Event.Type type) {
        return switch (type) {
            case ADDED, CHANGED, REMOVED, SUBSET_CHANGED, STALE, FRESH, CLOSED -> true;
            case DRAINED,
                    UNAVAILABLE,
                    AVAILABLE,
                    SUSPECTED,
                    AVOIDED,
                    NO_LONGER_AVOIDED,
                    LIST_HELD,
                    DUPLICATES,
                    ENTRIES_LEFT_OUT,
                    UNCHECKED,
                    SPLIT_UNMATCHED,
                    SPLIT_MATCHED -> false;
            case PANIC_ENTERED, PANIC_LEFT, RETRY, HEDGE, BUDGET_EXHAUSTED -> false;
        };
    }

    /** However many changes come at a time, the list is told once. */
    private void resolve() {
        if (scheduled.compareAndSet(false, true)) {
            context.execute(this::deliver);
        }
    }

    private void deliver() {
        scheduled.set(false);
        endRetry();
        Listener2 to = listener;
        if (to == null) {
            return;
        }
        try {
            List<Endpoint> endpoints = service.usedEndpoints();
            if (!endpoints.isEmpty() || service.whyEmpty().isPresent()) {
                to.onResult2(result(endpoints));
                if (listener != null) { // it was not ended by that
                    receipt.check();
                }
            }
            askAgainIfSomeLackAddresses();
        } catch (Throwable e) { // nothing may leave this
            faults.log("the list of " + service.service() + " could not be told to a channel", e);
            Status error = Status.UNAVAILABLE
                    .withDescription(OneLine.of(service.service() + ": the list of endpoints could not be read: " + e))
                    .withCause(e);
            to.onResult2(ResolutionResult.newBuilder()
                    .setAddressesOrError(StatusOr.fromStatus(error))
                    .build());
        }
    }

    /** Those who give no timers have to wait for the next list. */
    private void askAgainIfSomeLackAddresses() {
        if (book.lacksSome()) {
            try {
                retry = context.schedule(this::resolve, RETRY_SECONDS, TimeUnit.SECONDS, scheduler.get());
            } catch (RuntimeException e) {
                faults.log("addresses of " + service.service() + " are not asked for again", e);
            }
        }
    }

    private void endRetry() {
        if (retry != null) {
            retry.cancel();
            retry = null;
        }
    }

    private ResolutionResult result(List<Endpoint> endpoints) {
        return ResolutionResult.newBuilder()
                .setAddressesOrError(StatusOr.fromValue(book.groups(endpoints)))
                .setAttributes(Attributes.newBuilder()
                        .set(ServiceAttributes.SERVICE, service)
                        .set(ServiceAttributes.METHODS, config.methods())
                        .set(ServiceAttributes.RECEIPT, receipt)
                        .build())
                .setServiceConfig(parser.parseServiceConfig(config.config()))
                .build();
    }
}
