package dev.evenkeel.lb.grpc;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.observe.LoadBalancerListener;
import dev.evenkeel.lb.retry.RetryPolicy;
import dev.evenkeel.lb.text.OneLine;
import dev.evenkeel.lb.time.Environment;
import io.grpc.Attributes;
import io.grpc.EquivalentAddressGroup;
import io.grpc.NameResolver;
import io.grpc.Status;
import io.grpc.StatusOr;
import io.grpc.SynchronizationContext;
import io.grpc.SynchronizationContext.ScheduledHandle;
import java.net.SocketAddress;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Tells a channel the list of a service's endpoints, and again whenever it changes or one of them has moved. The load balancer watches its
 * source, also while the channel is idle; the addresses of host names are found here, for this channel.
 */
final class ServiceResolver extends NameResolver implements LoadBalancerListener {
    private static final System.Logger LOG = System.getLogger(EvenkeelGrpc.class.getName());

    /** Addresses of names, and those that could not be had, are asked for at this interval: a server that moved is followed in 5 s. */
    private static final long LOOKUP_SECONDS = 4;

    /** At least so long is between two times that they are asked for since connections were lost. Guessed. */
    private static final long REST_SECONDS = 1;

    /** A new list is not told before its addresses are found, or this has passed: most are found in less. Guessed. */
    private static final long PATIENCE_MILLIS = 20;

    private final LoadBalancer service;
    private final AddressBook book;
    private final SynchronizationContext context;
    private final ServiceConfigParser parser;
    private final boolean remembersCalls; // whether the channel has the interceptor
    private final MergedConfig config;
    private final Receipt receipt;
    private final Supplier<ScheduledExecutorService>
            scheduler; // asked for only where it is needed: not every caller gives one
    private final Faults faults = new Faults();
    private final AtomicBoolean scheduled = new AtomicBoolean();
    private final AtomicBoolean answersScheduled = new AtomicBoolean();

    // Written in the context.
    private @Nullable Listener2 listener;
    private LoadBalancer.@Nullable Registration registration;
    private @Nullable ScheduledHandle patience; // with addresses, before a list is told
    private @Nullable ScheduledHandle nextLookup;
    private @Nullable ScheduledHandle rest; // between look-ups after lost connections
    private boolean wasLostMeanwhile;
    private boolean refused; // the list that was told last

    ServiceResolver(LoadBalancer service, @Nullable Function<Endpoint, SocketAddress> addresses, Args args) {
        this.service = service;
        this.context = args.getSynchronizationContext();
        Executor offload = args.getOffloadExecutor();
        this.book = new AddressBook(
                new AddressFinder(addresses, args.getArg(EvenkeelGrpc.HOST_LOOKUP), args.getProxyDetector()),
                offload == null ? Environment.system().blocking() : offload,
                this::answered,
                faults);
        this.scheduler = args::getScheduledExecutorService;
        this.parser = args.getServiceConfigParser();
        this.remembersCalls = !MemorySelector.isNeeded(args);
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

    /** Called when a connection was lost, so that servers may have moved, and again and again after the list was refused. */
    @Override
    public void refresh() {
        context.execute(() -> {
            if (refused) {
                resolve();
            }
            lookAgain();
        });
    }

    private void lookAgain() {
        if (rest != null) {
            wasLostMeanwhile = true;
        } else if (listener != null) {
            rest = later(this::rested, REST_SECONDS, TimeUnit.SECONDS);
            book.askAgain();
        }
    }

    private void rested() {
        rest = null;
        if (wasLostMeanwhile) {
            wasLostMeanwhile = false;
            lookAgain();
        }
    }

    @Override
    public void shutdown() {
        listener = null;
        cancel(patience);
        cancel(nextLookup);
        cancel(rest);
        if (registration != null) {
            registration.close();
        }
    }

    private static void cancel(@Nullable ScheduledHandle timer) {
        if (timer != null) {
            timer.cancel();
        }
    }

    @Override
    public void onEvent(Event event) {
        resolve();
    }

    @Override
    public boolean isInterestedIn(Event.Type type) {
        return concernsTheList(type);
    }

    /** Returns whether after such an event other endpoints may be used, or none. */
    static boolean concernsTheList(Event.Type type) {
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
        deliver(true);
    }

    private void deliver(boolean mayWait) {
        Listener2 to = listener;
        if (to == null) {
            return;
        }
        try {
            List<Endpoint> endpoints = service.usedEndpoints();
            List<EquivalentAddressGroup> groups = book.groups(endpoints);
            if (mayWait && book.isAwaited() && isPatient()) {
                return;
            }
            cancel(patience);
            patience = null;
            if (!endpoints.isEmpty() || service.whyEmpty().isPresent()) {
                book.told();
                refused = !to.onResult2(result(groups)).isOk();
                if (listener != null) { // it was not ended by that
                    receipt.check();
                }
            }
            lookAtIntervals();
        } catch (Throwable e) { // nothing may leave this
            faults.log("the list of " + service.service() + " could not be told to a channel", e);
            Status error = Status.UNAVAILABLE
                    .withDescription(OneLine.of(service.service() + ": the list of endpoints could not be read: " + e))
                    .withCause(e);
            refused = true;
            to.onResult2(ResolutionResult.newBuilder()
                    .setAddressesOrError(StatusOr.fromStatus(error))
                    .build());
        }
    }

    private boolean isPatient() {
        if (patience == null) {
            patience = later(() -> deliver(false), PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
        }
        return patience != null;
    }

    /** Called on any thread when addresses were found. */
    private void answered() {
        if (answersScheduled.compareAndSet(false, true)) {
            context.execute(() -> {
                answersScheduled.set(false);
                if (book.takeAnswers() || patience != null) {
                    deliver(true);
                }
            });
        }
    }

    private void lookAtIntervals() {
        if (nextLookup == null && book.hasSomeThatMayMove()) {
            nextLookup = later(this::lookAtNames, LOOKUP_SECONDS, TimeUnit.SECONDS);
        }
    }

    private void lookAtNames() {
        nextLookup = null;
        book.askForThoseThatMayMove();
        lookAtIntervals();
    }

    /** Returns the timer; null from those who give none, where addresses are asked for with the next list. */
    private @Nullable ScheduledHandle later(Runnable task, long delay, TimeUnit unit) {
        try {
            return context.schedule(
                    () -> {
                        if (listener != null) {
                            task.run();
                        }
                    },
                    delay,
                    unit,
                    scheduler.get());
        } catch (RuntimeException e) {
            faults.log("addresses of " + service.service() + " are not asked for at intervals", e);
            return null;
        }
    }

    private ResolutionResult result(List<EquivalentAddressGroup> groups) {
        Attributes.Builder attributes = Attributes.newBuilder()
                .set(ServiceAttributes.SERVICE, service)
                .set(ServiceAttributes.METHODS, config.methods())
                .set(ServiceAttributes.RECEIPT, receipt);
        return ResolutionResult.newBuilder()
                .setAddressesOrError(StatusOr.fromValue(groups))
                .setServiceConfig(serviceConfig(attributes))
                .setAttributes(attributes.build())
                .build();
    }

    /** Nothing is repeated where calls are not remembered: a call might be executed twice that must not be. */
    private ConfigOrError serviceConfig(Attributes.Builder attributes) {
        ConfigOrError parsed = parser.parseServiceConfig(config.config());
        if (!remembersCalls) {
            try {
                MemorySelector.addTo(attributes, parsed);
            } catch (LinkageError e) {
                faults.log("calls to " + service.service() + " are not repeated without EvenkeelGrpc.configure", e);
                return parser.parseServiceConfig(ServiceConfig.of(RetryPolicy.NONE, Registration.policy()));
            }
        }
        return parsed;
    }
}
