package dev.evenkeel.lb;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.EndpointSource;
import dev.evenkeel.lb.endpoint.OutReason;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.policy.KeyedPolicy;
import dev.evenkeel.lb.retry.RetryBudget;
import dev.evenkeel.lb.time.Environment;
import dev.evenkeel.lb.time.Scheduler;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** The parts of one load balancer, put together, and what attempts teach them. */
final class Engine {
    final Settings settings;
    final Environment environment;
    final Announcer announcer;
    final Cluster cluster;
    final Drains drains;
    final ConnectHealth connects;
    final HealthChecker checks;
    final FirstList firstList;
    final ListKeeper list;
    final OutlierSweep outliers;
    final RetryBudget budget;
    final Usual usual;
    final @Nullable EndpointBreakers breakers; // null where they are off
    final @Nullable Hedges hedges; // null where attempts follow each other only
    final @Nullable ServiceGate gate; // null where nothing needs to be passed
    final @Nullable Sessions sessions; // null where they are off

    /** A server may ask for less load, not for silence: nobody is to stall a client by what it writes into a header. Guessed. */
    private static final long MIN_PUSHBACK_NANOS = 1_000_000_000L;

    /** What is left for retries when a trial is guarded, and one more: clients of few calls have three tokens. */
    private static final double RESERVE = 3;

    private static final long MAX_PUSHBACK_NANOS = 30_000_000_000L;

    private final Timers timers;
    private final Scheduler.Scheduled stallWatch;
    private final AtomicLong exhaustedAnnouncedNanos; // when we last said that the budget is spent

    Engine(String service, Settings settings, EndpointSource source, Environment given) {
        this.settings = settings;
        this.timers = new Timers(given.scheduler());
        this.environment = new Environment(
                given.ticker(), timers, given.blocking(), given.random(), given.stalls(), given.listeners());
        this.announcer = new Announcer(service, environment);
        this.budget = new RetryBudget(settings.retryBudget(), nowNanos());
        this.usual = new Usual(budget::deposits, nowNanos());
        this.cluster = new Cluster(settings, environment, announcer, usual);
        this.drains = new Drains(service, cluster, settings, environment.scheduler());
        Ejector ejector = new Ejector(cluster, usual, settings, environment);
        this.connects = new ConnectHealth(cluster, ejector, settings, environment);
        this.checks = new HealthChecker(service, cluster, connects, settings, given); // its timers end checks
        this.sessions = settings.sessions() == null
                ? null
                : new Sessions(
                        settings.sessions(), settings.policy() instanceof KeyedPolicy, cluster, environment.ticker());
        this.firstList = new FirstList(cluster, environment);
        this.list = new ListKeeper(
                cluster, drains, this::joined, firstList, environment, source.isAuthoritative(), settings);
        BreakerTimer timer = new BreakerTimer(cluster, environment);
        this.breakers =
                settings.limits().endpointBreaker() == null ? null : new EndpointBreakers(cluster, ejector, timer);
        this.gate = settings.limits().newGate(cluster, service, timer, environment.ticker());
        this.outliers = new OutlierSweep(cluster, ejector, breakers, usual, settings, environment.scheduler());
        this.hedges = settings.hedges().isOn()
                ? new Hedges(settings.hedges(), budget, settings.retryBudget().window(), nowNanos())
                : null;
        this.exhaustedAnnouncedNanos = new AtomicLong(nowNanos() - budgetWindowNanos());
        this.stallWatch = environment.stalls().watch();
    }

    /** Begins to wait for the first list, which the source may have told already. */
    void awaitFirstList() {
        firstList.start(list::isKnown, settings.firstListTimeout());
    }

    /** Ends the control loop. Doing it twice changes nothing. */
    void close() {
        cluster.close();
        timers.close();
        firstList.end();
        stallWatch.cancel();
    }

    long nowNanos() {
        return environment.ticker().nanos();
    }

    /** Takes up an endpoint that is new in the list, or back in it; called in a change. */
    private void joined(TrackedNode node, long now) {
        connects.resume(node, now);
        checks.joined(node);
        if (breakers != null) {
            breakers.resume(node);
        }
        if (sessions != null) {
            sessions.joined(node);
        }
    }

    /** Learns how an attempt was answered, or that it ended without an answer. The end of the hot path. */
    void learn(Attempt attempt, Outcome reported) {
        long now = nowNanos();
        long latency = now - attempt.startNanos();
        TrackedNode node = attempt.node();
        Outcome judged = hedges != null && reported.kind() == Outcome.Kind.HEDGE_LOST
                ? hedges.judgeLoser(reported, latency)
                : reported;
        boolean own = isOwnFault(attempt, judged.kind(), latency);
        Outcome outcome = own && !judged.kind().isAnswer() ? OwnStalls.STOOD_STILL : judged;
        Outcome.Kind kind = outcome.kind();
        boolean aboutConnecting = kind == Outcome.Kind.CONNECT_FAILED || kind == Outcome.Kind.UNTRUSTED;
        if (aboutConnecting || attempt.isProbe() || node.isOut(OutReason.CONNECT_FAILED)) {
            connects.learn(attempt, outcome); // first, because a return wipes the slate that the rest writes on
        }
        if (breakers != null) {
            breakers.learn(attempt, kind, own ? 0 : latency);
        }
        if (gate != null) {
            gate.learn(attempt, kind, own ? 0 : latency);
        }
        if (sessions != null && kind != Outcome.Kind.SUCCESS) {
            sessions.unanswered(attempt);
        }
        if (kind.isEndpointFailure()) {
            NodeLedger ledger = node.ledger();
            // Not one that overstayed the attempt timeout, which is set to say what is too long.
            boolean ranOutOfTime = reported.kind() == Outcome.Kind.TIMED_OUT;
            long row = ranOutOfTime ? ledger.timeOut(latency, now) : ledger.fail(latency, now);
            outliers.failedAgain(node, row, 1, now);
        } else if (kind == Outcome.Kind.HEDGE_LOST) {
            node.ledger().lose(latency, now);
        } else if (kind == Outcome.Kind.PUSHBACK) {
            respectPushback(node, outcome, now);
        } else if (kind.isNeutral()) {
            node.ledger().pass(now);
        } else if (kind == Outcome.Kind.REJECTED) {
            node.ledger().reject(latency, now);
            budget.deposit(now);
            if (sessions != null) {
                sessions.answered(attempt, false);
            }
        } else {
            if (own) {
                node.ledger().succeedUntimed(now); // how quickly it answered is not known
            } else {
                long endedRow = node.ledger().succeed(latency, now);
                if (endedRow != 0) {
                    attempt.endsRow(endedRow);
                }
            }
            budget.deposit(now);
            if (hedges != null && !own) {
                hedges.learnSuccess(attempt, latency, now);
            }
            if (sessions != null) {
                sessions.answered(attempt, true);
            }
        }
        announcer.attempt(node.endpoint(), judged, latency);
    }

    /** Returns whether this client itself stood still for so long that the outcome is no evidence against the endpoint. */
    private boolean isOwnFault(Attempt attempt, Outcome.Kind kind, long elapsed) {
        return elapsed >= OwnStalls.NOTICEABLE_NANOS
                && OwnStalls.mayExplain(kind, elapsed, attempt.node().ledger().medianNanos())
                && OwnStalls.explain(elapsed, environment.stalls().stalledNanos(attempt.startNanos()));
    }

    /** Gives an endpoint that asked for it less load, at once and for as long as it asked. */
    private void respectPushback(TrackedNode node, Outcome outcome, long nowNanos) {
        long pause = Math.min(MAX_PUSHBACK_NANOS, Math.max(MIN_PUSHBACK_NANOS, outcome.pushbackNanos()));
        if (node.ledger().pushBack(pause, nowNanos) && !node.isPushedBack()) {
            cluster.tell((members, now) -> {
                node.cuts.pushBack(now + pause);
                return members.holdBack(node, now);
            });
        }
    }

    /** Learns that an answer which had begun well broke off. So it ended no row of failures, and the row that it interrupted goes on. */
    void learnBroken(Attempt attempt, Outcome outcome) {
        long now = nowNanos();
        long elapsed = now - attempt.startNanos();
        TrackedNode node = attempt.node();
        if (isOwnFault(attempt, outcome.kind(), elapsed)) {
            announcer.attempt(attempt.endpoint(), outcome, elapsed);
            return;
        }
        int longer = 1 + (node.cameBackSince(attempt.startNanos()) ? 0 : attempt.endedRow());
        node.ledger().takeBackGood(now);
        outliers.failedAgain(node, node.ledger().fail(elapsed, now, longer), longer, now);
        if (breakers != null) {
            breakers.learnBroken(attempt, outcome.kind(), elapsed);
        }
        if (gate != null) {
            gate.learnBroken(attempt, outcome.kind(), elapsed);
        }
        announcer.attempt(attempt.endpoint(), outcome, elapsed);
    }

    /** Takes a token for a retry, and says so when there is none, but not each time. */
    boolean withdrawRetry(long now) {
        boolean had = budget.tryWithdraw(now, usual.isOverloaded());
        if (!had) {
            announceExhausted(now);
        }
        return had;
    }

    /** Returns whether there is a token for a retry, and says so when there is none, but not each time. */
    boolean canRetry(long now) {
        boolean has = budget.balance(now, usual.isOverloaded()) >= 1;
        if (!has) {
            announceExhausted(now);
        }
        return has;
    }

    /** Returns whether enough tokens would be left for the retries of failures */
    boolean canSpareRetry(long now) {
        return budget.balance(now, usual.isOverloaded()) >= RESERVE;
    }

    private void announceExhausted(long now) {
        long last = exhaustedAnnouncedNanos.get();
        if (now - last >= budgetWindowNanos() && exhaustedAnnouncedNanos.compareAndSet(last, now)) {
            RetryBudget.Settings limits = settings.retryBudget();
            announce(new Event(
                    Event.Type.BUDGET_EXHAUSTED,
                    announcer.service(),
                    null,
                    "retries exceed " + Math.round(limits.ratio() * 100) + " % of successes and "
                            + limits.minPerSecond() + " a second over " + Text.seconds(budgetWindowNanos())));
        }
    }

    /** Returns the state of the list in words. */
    String describeList() {
        return list.describe(cluster.size(), nowNanos());
    }

    /** Returns why the list is empty, unless the first one is still waited for. */
    Optional<String> whyEmpty() {
        if (cluster.isClosed()) {
            return Optional.of(announcer.service() + " is closed");
        }
        return cluster.size() > 0 || (firstList.isAwaited() && !list.isKnown())
                ? Optional.empty()
                : Optional.of(announcer.service() + " has no endpoints: " + list.describe(0, nowNanos()));
    }

    /** Returns what keeps all of the service's attempts back, after a comma; empty if nothing does. */
    String describeGate() {
        return gate == null ? "" : gate.describe(nowNanos());
    }

    /** Returns how many sessions are remembered, after a comma; empty where they are off. */
    String describeSessions() {
        return sessions == null ? "" : ", " + sessions.size() + " sessions";
    }

    void announceRetry(@Nullable Endpoint failed, String why) {
        announce(new Event(Event.Type.RETRY, announcer.service(), failed, why));
    }

    void announceFreeRetry(@Nullable Endpoint failed, String why) {
        announceRetry(failed, why + ", not charged to the budget");
    }

    void announceHedge(@Nullable Endpoint waitedFor, String why) {
        announce(new Event(Event.Type.HEDGE, announcer.service(), waitedFor, why));
    }

    void announce(Event event) {
        announcer.note(event);
        announcer.deliver();
    }

    private long budgetWindowNanos() {
        return settings.retryBudget().window().toNanos();
    }
}
