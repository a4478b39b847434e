package dev.evenkeel.lb;

import dev.evenkeel.lb.endpoint.OutReason;
import dev.evenkeel.lb.health.ConsecutiveFailures;
import dev.evenkeel.lb.health.DetectorMode;
import dev.evenkeel.lb.health.EndpointStats;
import dev.evenkeel.lb.health.OutlierDetection;
import dev.evenkeel.lb.health.OutlierDetector;
import dev.evenkeel.lb.health.SlowStart;
import dev.evenkeel.lb.health.Verdict;
import dev.evenkeel.lb.time.Scheduler;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Looks at all endpoints of a service once a second, and at one at once when it fails several times in a row: asks the detectors, and has
 * their verdicts carried out as far as they may be. It runs on its own timer; updates of the list neither delay nor reset it.
 */
final class OutlierSweep {
    private static final long INTERVAL_NANOS = 1_000_000_000;

    /** An endpoint is warm if its answers take no more than so many times what is usual. Tried in the simulator: 1.3 is as good. */
    private static final double WARM = 2;

    private final Cluster cluster;
    private final Ejector ejector;
    private final @Nullable EndpointBreakers breakers; // null where they are off
    private final Usual usual;
    private final OutlierDetection detection;
    private final SlowStart slowStart;
    private final Scheduler scheduler;
    private final ShareWatch shareWatch;

    OutlierSweep(
            Cluster cluster,
            Ejector ejector,
            @Nullable EndpointBreakers breakers,
            Usual usual,
            Settings settings,
            Scheduler scheduler) {
        this.cluster = cluster;
        this.ejector = ejector;
        this.breakers = breakers;
        this.usual = usual;
        this.detection = settings.outliers();
        this.slowStart = settings.slowStart();
        this.scheduler = scheduler;
        this.shareWatch = new ShareWatch(cluster);
    }

    /** Begins to sweep, until the cluster is closed. */
    void start() {
        scheduler.schedule(INTERVAL_NANOS, () -> {
            if (!cluster.isClosed()) {
                start(); // first, so that nothing that goes wrong in one sweep prevents the next
                cluster.tellOfAll(this::sweep);
            }
        });
    }

    /**
     * Learns that an endpoint has failed once more in a row: the only judgement that does not wait for the next sweep.
     *
     * @param longer by how much the row has become longer
     */
    void failedAgain(TrackedNode node, long failuresInARow, int longer, long nowNanos) {
        ConsecutiveFailures detector = detection.consecutiveFailures();
        if (failuresInARow < detector.failures()
                || detector.mode() == DetectorMode.OFF
                || node.isOut(OutReason.EJECTED)) {
            return;
        }
        EndpointStats.Peers peers = usual.peers(node.ledger().ownFailures(nowNanos));
        boolean serving = node.ledger().isServing(nowNanos);
        long lasted = node.ledger().rowNanos(nowNanos);
        if (detector.isTooMany(failuresInARow, lasted, serving, peers)
                && !detector.isTooMany(failuresInARow - longer, lasted, serving, peers)) {
            cluster.tellOfAll((members, now) -> {
                usual.count(members.nodes(), now);
                Sitting sitting = new Sitting(members, now);
                sitting.hear(detector, List.of(node.stats(now)));
                return sitting.rebuild;
            });
        }
    }

    private boolean sweep(Members members, long now) {
        List<TrackedNode> awake =
                members.nodes().stream().filter(node -> !node.isAtRest()).toList();
        awake.forEach(TrackedNode::rollWindow);
        usual.count(awake, now);
        List<EndpointStats> judged = new ArrayList<>();
        for (TrackedNode node : awake) {
            if (!node.isOut(OutReason.EJECTED)) {
                node.ejections.decay(
                        TimeUnit.NANOSECONDS.convert(detection.ejection().base()), now);
            }
            EndpointStats stats = node.stats(now);
            if (node.availability().isAvailable() && stats.volume() > 0) {
                judged.add(stats);
            }
        }
        usual.refresh(awake, now);
        Sitting sitting = new Sitting(members, now);
        boolean opened;
        ejector.beginSweep();
        try {
            detection.detectors().forEach(detector -> sitting.hear(detector, judged));
            awake.forEach(sitting::settle);
            opened = breakers != null && breakers.reconsider(members, now);
        } finally {
            ejector.endSweep();
        }
        shareWatch.look(awake, members.nodes());
        awake.forEach(node -> warmUp(node, now));
        boolean reweighted = members.refreshWeights(now);
        awake.forEach(TrackedNode::restIfNothingIsLeft);
        return opened || reweighted || sitting.rebuild;
    }

    /** Ends a slow start early where answers are as quick as those of others. */
    private void warmUp(TrackedNode node, long now) {
        NodeLedger ledger = node.ledger();
        if (node.cuts.isStarting() && ledger.nanosWithoutGood(now) <= INTERVAL_NANOS) {
            boolean quick = !ledger.isFailing() && ledger.expectedNanos() <= WARM * usual.expectedNanos();
            node.cuts.setWarm(quick, slowStart.floor());
        }
    }

    /** One round of judgement. */
    private final class Sitting {
        private final Members members;
        private final long now;
        private final Set<TrackedNode> suspects = new LinkedHashSet<>();
        private final Set<TrackedNode> slow = new LinkedHashSet<>();
        private boolean rebuild;

        Sitting(Members members, long now) {
            this.members = members;
            this.now = now;
        }

        /** What refuses connections is out for certain: to eject it besides would take room, and count against its successor. */
        void hear(OutlierDetector detector, List<EndpointStats> judged) {
            for (Verdict verdict : detector.detect(judged)) {
                TrackedNode node = members.find(verdict.endpoint());
                if (node != null && !node.isOut(OutReason.EJECTED) && !node.isOut(OutReason.CONNECT_FAILED)) {
                    suspects.add(node);
                    carryOut(verdict, detector.mode(), node);
                }
            }
        }

        private void carryOut(Verdict verdict, DetectorMode mode, TrackedNode node) {
            if (mode == DetectorMode.OBSERVE) {
                ejector.suspect(node, verdict.reason() + "; only observed");
                return;
            }
            switch (verdict.sentence()) {
                case HALVE -> {
                    slow.add(node);
                    ejector.suspect(node, verdict.reason() + "; it gets half of its share");
                }
                case EJECT -> {
                    String objection = ejector.objection(node, members, now);
                    if (objection.isEmpty()) {
                        ejector.eject(node, verdict.reason(), now);
                        rebuild = true;
                    } else {
                        ejector.suspect(node, verdict.reason() + "; not ejected, " + objection);
                    }
                }
            }
        }

        /** Ends what no detector holds against the endpoint any more. */
        void settle(TrackedNode node) {
            if (!suspects.contains(node)) {
                node.suspicion = "";
            }
            boolean isSlow = slow.contains(node);
            node.cuts.setSlow(isSlow);
            if (isSlow) {
                members.holdBack(node);
            }
        }
    }
}
