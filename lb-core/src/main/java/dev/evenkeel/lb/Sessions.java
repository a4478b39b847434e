package dev.evenkeel.lb;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.call.RequestKey;
import dev.evenkeel.lb.call.Session;
import dev.evenkeel.lb.call.Subset;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.time.Ticker;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Where the sessions of a service live. Safe for use by many threads.
 *
 * <p>The first attempt of a session's call goes where the session lives, whatever the policy says; those that follow go elsewhere, as ever.
 * If the endpoint is gone, out or full the session is broken off, and lives from then on where another one answers it. While the
 * endpoint asks for a pause its sessions' calls go by the policy, and return afterwards, unless all endpoints ask for one. An endpoint
 * that drains keeps its sessions until their time is over, and gets no new ones.
 */
public final class Sessions {
    private final StickySessions settings;
    private final Cluster cluster;
    private final SessionTokens tokens;
    private final Cache<RequestKey, String> homes; // ids of endpoints
    private final Ticker ticker;
    private final boolean byKey; // the policy looks at keys

    Sessions(StickySessions settings, boolean byKey, Cluster cluster, Ticker ticker) {
        this.settings = settings;
        this.byKey = byKey;
        this.cluster = cluster;
        this.ticker = ticker;
        this.tokens = new SessionTokens(settings.secretOrRandom());
        this.homes = Caffeine.newBuilder()
                .expireAfterWrite(settings.ttl())
                .maximumSize(settings.maxSessions())
                .ticker(ticker::nanos)
                .executor(Runnable::run)
                .build();
    }

    /** Returns how long a session stays where it is. */
    public Duration ttl() {
        return settings.ttl();
    }

    /** Returns how many sessions are remembered; those that have a token are not. */
    public long size() {
        homes.cleanUp();
        return homes.estimatedSize();
    }

    /** Returns the endpoint where a session lives; null if nobody knows, or the endpoint is out or gone, so that it lives nowhere. */
    public @Nullable Endpoint find(Session session) {
        TrackedNode home = homeOf(session);
        return home == null || !home.isWellButForDraining() ? null : home.endpoint();
    }

    /**
     * Learns that an endpoint has begun a session: it lives there from now on, wherever it lived before. For adapters that see an answer
     * name the session that was made. For others a session lives where it is first answered well.
     */
    public void begin(RequestKey session, Endpoint endpoint) {
        TrackedNode node = cluster.find(endpoint.id());
        if (node == null) {
            return;
        }
        String before = homes.asMap().put(session, endpoint.id());
        if (!endpoint.id().equals(before)) {
            count(before == null ? null : cluster.find(before), -1);
            count(node, 1);
        }
    }

    /** Returns what a client is told so that it comes back to this endpoint; null if the endpoint left long ago. */
    public @Nullable String token(Endpoint endpoint) {
        return tokens.token(endpoint.id());
    }

    /** Returns whether new sessions may be told to come back to this endpoint: it neither drains nor has left. */
    public boolean isOpen(Endpoint endpoint) {
        TrackedNode node = cluster.find(endpoint.id());
        return node != null && !node.isLeaving();
    }

    /** Returns whether the endpoint where a session lives asked for a pause, so that its calls go elsewhere for a while. */
    public boolean isAway(Session session) {
        TrackedNode home = homeOf(session);
        return home != null && home.isPushedBack();
    }

    /**
     * Returns where the request's session lives, or null if the policy is to pick. Where only this view is not connected just now, only this
     * request wants other endpoints, or the endpoint asked for a pause, the session stays where it is.
     */
    @Nullable
    TrackedNode home(RequestInfo request, LoadBalancerView view, long nowNanos) {
        Session session = request.destination().session();
        if (session == null) {
            return null;
        }
        TrackedNode home = homeOf(session);
        if (home == null || !view.canServe(home) || (home.isLeaving() && !home.keepsSessions(nowNanos))) {
            breakOff(session, home);
            return null;
        }
        Subset wanted = request.destination().subset();
        boolean suits = wanted == null || wanted.contains(home.endpoint().metadata());
        if (!suits || !view.isReady(home) || (home.isPushedBack() && view.hasOneNotPushedBack())) {
            return null;
        }
        if (!home.hasRoom()) {
            breakOff(session, home);
            return null;
        }
        return home;
    }

    private void breakOff(Session session, @Nullable TrackedNode home) {
        boolean lived =
                !(session instanceof Session.Keyed keyed) || homes.asMap().remove(keyed.key()) != null;
        if (lived) {
            count(home, -1);
        }
    }

    /**
     * Returns whether a session begins with a request that has no {@link #home}: it lives nowhere, and does not only miss a connection or
     * another subset. Where the policy puts the request's key there is no choice.
     */
    boolean isBegunBy(RequestInfo request, LoadBalancerView view, long nowNanos) {
        Session session = request.destination().session();
        if (session == null || (byKey && request.destination().key() != null)) {
            return false;
        }
        TrackedNode home = homeOf(session);
        return home == null
                || !view.canServe(home)
                || (home.isLeaving() && !home.keepsSessions(nowNanos))
                || !home.hasRoom();
    }

    /** Counts a session that begins at an endpoint with an attempt that is made there now. */
    void begins(TrackedNode node, long nowNanos) {
        node.sessions.add(1, settings.ttl().toNanos(), nowNanos);
    }

    /** Takes back that a session begins with an attempt, which was not answered well. */
    void unanswered(Attempt attempt) {
        if (attempt.beginsSession()) {
            count(attempt.node(), -1);
        }
    }

    private void count(@Nullable TrackedNode node, int sessions) {
        if (node != null) {
            node.sessions.add(sessions, settings.ttl().toNanos(), ticker.nanos());
        }
    }

    /**
     * Learns of an attempt that was answered.
     *
     * @param well whether the answer was what the caller wished: one that refuses the request begins no session, and moves none
     */
    void answered(Attempt attempt, boolean well) {
        if (well && attempt.previous() != null && first(attempt).beginsSession()) {
            count(attempt.node(), 1); // the session's first attempt failed, and this one took its place
        }
        if (attempt.session() instanceof Session.Keyed keyed) {
            answered(keyed.key(), attempt.node(), attempt.view(), well);
        }
    }

    private void answered(RequestKey session, TrackedNode node, LoadBalancerView view, boolean well) {
        String id = node.endpoint().id();
        String home = homes.getIfPresent(session);
        if (home != null && home.equals(id)) {
            if (!node.isLeaving()) {
                homes.asMap().replace(session, home, id); // has its whole time again
            }
        } else if (well
                && !node.isRemoved()
                && view.canServe(node)) { // else a late answer would lead it back to who went out
            TrackedNode before = home == null ? null : cluster.find(home);
            if (home == null) {
                homes.asMap().putIfAbsent(session, id);
            } else if (before == null || !view.canServe(before)) {
                homes.asMap().replace(session, home, id);
            } else if (before.isPushedBack()) {
                homes.asMap()
                        .replace(session, home, home); // has its whole time again, or it might be over before the pause
            } // else this was a retry, and the session stays where it is
        }
    }

    private static Attempt first(Attempt last) {
        Attempt first = last;
        for (Attempt before = last.previous(); before != null; before = before.previous()) {
            first = before;
        }
        return first;
    }

    private @Nullable TrackedNode homeOf(Session session) {
        String id = session instanceof Session.Keyed keyed
                ? homes.getIfPresent(keyed.key())
                : tokens.id(((Session.Told) session).token());
        return id == null ? null : cluster.find(id);
    }

    /** Takes up an endpoint that is new in the list, or back in it; called in a change. */
    void joined(TrackedNode node) {
        tokens.add(node.endpoint().id(), cluster.size(), id -> cluster.find(id) != null);
    }
}
