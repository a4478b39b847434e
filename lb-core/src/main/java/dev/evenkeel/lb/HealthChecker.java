package dev.evenkeel.lb;

import dev.evenkeel.lb.endpoint.OutReason;
import dev.evenkeel.lb.health.CheckResult;
import dev.evenkeel.lb.health.CheckSchedule;
import dev.evenkeel.lb.health.CheckTarget;
import dev.evenkeel.lb.health.HealthCheck;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.time.Environment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Checks the endpoints of a service in turn, and takes out those that fail several times in a row until they pass several times in a row.
 * An endpoint that has not been checked yet is used like any other.
 *
 * <p>A pass also ends what failed connections began, unless checks of the endpoint fail too: it has just been connected to. It ends
 * no other ejection, for that is about real requests, and passing checks while failing requests is what bad endpoints are known for.
 */
final class HealthChecker {
    /** So many reasons for which checks find out nothing are announced. A check of somebody's own may find a new one each time. */
    private static final int MOST_REASONS = 16;

    private final Cluster cluster;
    private final ConnectHealth connects;
    private final Settings settings;
    private final Environment environment;
    private final String service;
    private final CheckSchedule schedule;
    private final CheckQueue queue;

    // Used under the cluster's lock.
    private final CheckRotation rotation = new CheckRotation();
    private final Set<String> unknownReasons = new HashSet<>(); // that were announced
    private boolean turning; // whether the next turn is scheduled
    private int inFlight;

    HealthChecker(String service, Cluster cluster, ConnectHealth connects, Settings settings, Environment environment) {
        this.service = service;
        this.cluster = cluster;
        this.connects = connects;
        this.settings = settings;
        this.environment = environment;
        this.schedule = settings.checks().schedule();
        this.queue = new CheckQueue(environment.blocking(), this::run, run -> run.abandon(this::learn));
    }

    /** Takes up an endpoint that has joined the list; called in a change. */
    void joined(TrackedNode node) {
        if (settings.checks().check() == null) {
            return;
        }
        rotation.add(node);
        if (!turning) {
            turning = true;
            environment.scheduler().schedule(0, this::begin);
        }
    }

    /** Begins at a random moment and with a random endpoint: many clients that start together must not check in step. */
    private void begin() {
        cluster.tell((members, now) -> {
            int endpoints = Math.max(1, members.used());
            rotation.skip(environment.random().nextInt(endpoints));
            long gap = schedule.gapNanos(endpoints, environment.random());
            environment.scheduler().schedule((long) (gap * environment.random().nextDouble()), this::turn);
            return false;
        });
    }

    /** The checks begin on the timer as well, as whoever applies this has the lock, and something else to do. */
    private void turn() {
        cluster.tell((members, now) -> {
            turning = members.size() > 0;
            if (turning) { // first, so that nothing that goes wrong in one turn prevents the next
                long gap = schedule.gapNanos(members.used(), environment.random());
                environment.scheduler().schedule(gap, this::turn);
            }
            List<CheckRun> due = new ArrayList<>();
            boolean rebuild = choose(schedule.batch(members.used()), members.size(), due);
            environment.scheduler().schedule(0, () -> queue.start(due));
            return rebuild;
        });
    }

    private boolean choose(int batch, int endpoints, List<CheckRun> due) {
        boolean rebuild = false;
        for (int i = 0; i < batch && inFlight < schedule.maxInFlight(); i++) {
            TrackedNode node = nextInUse(endpoints);
            if (node == null) {
                break;
            }
            if (node.checks.isStuck()) {
                rebuild |= failed(node, "the check before has not returned");
            } else if (!node.checks.isRunning()) {
                CheckRun run = new CheckRun(node, new CheckTarget(service, node.endpoint(), schedule.timeout()));
                node.checks.begin(run);
                inFlight++;
                due.add(run);
            }
        }
        return rebuild;
    }

    /** Of a long list only those are checked that this client uses; the others have clients of their own. */
    private @Nullable TrackedNode nextInUse(int endpoints) {
        for (int i = 0; i < endpoints; i++) {
            TrackedNode node = rotation.next();
            if (node == null || node.isUsed()) {
                return node;
            }
        }
        return null;
    }

    private void run(CheckRun run) {
        HealthCheck check = settings.checks().check();
        if (check != null && !cluster.isClosed()) {
            run.run(check, environment, this::learn);
        }
    }

    private void learn(CheckRun run, CheckResult result) {
        TrackedNode node = run.node();
        cluster.tell((members, now) -> {
            inFlight--;
            node.checks.end();
            if (node.isRemoved()) {
                cluster.announceDrained(node);
                return false;
            }
            return switch (result.kind()) {
                case PASSED -> passed(members, node, run.startNanos(), now);
                case FAILED -> failed(node, result.reason());
                case UNKNOWN -> unknown(members, node, result.reason(), now);
            };
        });
    }

    /** Forgets what checks have found out: endpoints that were out for it are back, and start slowly. */
    void forget() {
        cluster.update((members, now) -> {
            boolean risen = false;
            for (TrackedNode node : members.nodes()) {
                node.checks.forget();
                if (node.setOut(OutReason.PROBE_FAILED, false)) {
                    risen = true;
                    node.startOver(now);
                    cluster.announceAvailability(node, "it is not checked any more");
                }
            }
            if (risen) {
                members.refreshWeights(now);
            }
            return risen;
        });
    }

    private boolean passed(Members members, TrackedNode node, long startNanos, long now) {
        boolean enough = node.checks.passed() >= schedule.rise();
        boolean risen = enough && node.setOut(OutReason.PROBE_FAILED, false);
        if (!node.isOut(OutReason.PROBE_FAILED) && connects.connected(members, node, startNanos, now)) {
            return true;
        }
        if (risen) {
            comeBack(members, node, "passes its checks again", now);
        }
        return risen;
    }

    private void comeBack(Members members, TrackedNode node, String why, long now) {
        members.startOver(node, now);
        cluster.announceAvailability(node, why);
    }

    /** What checks found holds only as long as they find out anything. */
    private boolean unknown(Members members, TrackedNode node, String reason, long now) {
        if (node.checks.unknown() < schedule.fall()) {
            return false;
        }
        if (unknownReasons.size() < MOST_REASONS && unknownReasons.add(reason)) {
            cluster.announce(
                    Event.Type.UNCHECKED, node.endpoint(), settings.checks().check() + " finds out nothing: " + reason);
        }
        boolean risen = node.setOut(OutReason.PROBE_FAILED, false);
        if (risen) {
            comeBack(members, node, "its checks find out nothing any more", now);
        }
        return risen;
    }

    private boolean failed(TrackedNode node, String reason) {
        boolean enough = node.checks.failed(reason) >= schedule.fall();
        boolean fallen = enough && node.setOut(OutReason.PROBE_FAILED, true);
        if (fallen) {
            cluster.announceAvailability(node, node.checks.describe());
        }
        return fallen;
    }
}
