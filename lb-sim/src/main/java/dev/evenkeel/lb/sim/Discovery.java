package dev.evenkeel.lb.sim;

import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.EndpointSource;
import dev.evenkeel.lb.time.Environment;
import dev.evenkeel.lb.time.VirtualTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The registry that tells every caller which servers there are in the tier that it calls, at the same moment. What it
 * says are observations, as with DNS, so the core holds back a list that suddenly shrinks by more than half.
 */
final class Discovery {
    /** As many as there are ports: the port is the number of the server, so that finding it costs no look-up. */
    static final int MOST_SERVERS = 65_535;

    private static final long LOOK_UP_NANOS = 10_000_000_000L;

    private final List<Endpoint> all = new ArrayList<>();
    private final VirtualTime time;
    private final long[] heardNanos; // when callers first heard of a server
    private final int[] absences; // how many faults keep a server out of the list
    private final List<Tier> tiers = new ArrayList<>();
    private int silences; // how many faults keep it from telling anything

    Discovery(Scenario.Fleet fleet, VirtualTime time) {
        this.time = time;
        for (Servers server : fleet.servers()) {
            all.add(Endpoint.of("server-" + all.size() + ".sim", all.size() + 1)
                    .withId("server-" + all.size())
                    .withWeight(server.weight())
                    .withPriority(server.priority())
                    .withLocality(server.locality()));
        }
        absences = new int[all.size()];
        heardNanos = new long[all.size()];
        Arrays.fill(heardNanos, Fate.NEVER);
        for (int tier = 0; tier < fleet.tiers(); tier++) {
            tiers.add(new Tier(fleet.firstServer(tier), fleet.firstServer(tier + 1)));
        }
    }

    /** Returns where the callers of a tier get their lists from. */
    EndpointSource tier(int tier) {
        return tiers.get(tier);
    }

    static int indexOf(Endpoint endpoint) {
        return endpoint.port() - 1;
    }

    /** Tells everything that it may. */
    void announce() {
        tiers.forEach(Tier::announce);
    }

    /** Returns when callers first heard of a server, in nanoseconds since the run began; {@link Fate#NEVER} if they did not. */
    long heardNanos(int server) {
        return heardNanos[server];
    }

    /** Takes servers out of the list, and returns what brings them back. */
    Runnable remove(List<Server> servers) {
        change(servers, 1);
        return () -> change(servers, -1);
    }

    /** Tells nothing until the returned is run. */
    Runnable silence() {
        silences++;
        return () -> {
            silences--;
            announce();
        };
    }

    /** Tells clients nothing until the returned is run. */
    Runnable silenceToClients() {
        Tier clients = tiers.get(0);
        clients.silences++;
        return () -> {
            clients.silences--;
            clients.announce();
        };
    }

    /** Tells nothing but failure until the returned is run. */
    Runnable fail(World world, String reason) {
        Runnable end = silence();
        AtomicBoolean over = new AtomicBoolean();
        tellFailure(world, reason, over);
        return () -> {
            over.set(true);
            end.run();
        };
    }

    private void tellFailure(World world, String reason, AtomicBoolean over) {
        if (!over.get()) {
            tiers.forEach(tier -> tier.listeners.forEach(listener -> listener.onFailure(reason)));
            world.later(LOOK_UP_NANOS, () -> tellFailure(world, reason, over));
        }
    }

    private void change(List<Server> servers, int by) {
        servers.forEach(server -> absences[server.index()] += by);
        tiers.stream()
                .filter(tier -> servers.stream().anyMatch(server -> tier.has(server.index())))
                .forEach(Tier::announce);
    }

    /** The servers of a tier, of which the last is before {@code end}. */
    private final class Tier implements EndpointSource {
        private final int first;
        private final int end;
        private final List<Listener> listeners = new ArrayList<>();
        private int silences; // how many faults keep its callers from hearing anything

        Tier(int first, int end) {
            this.first = first;
            this.end = end;
        }

        boolean has(int server) {
            return server >= first && server < end;
        }

        void announce() {
            if (isHeard()) {
                List<Endpoint> list = list();
                listeners.forEach(listener -> listener.onEndpoints(list));
            }
        }

        private boolean isHeard() {
            return Discovery.this.silences == 0 && silences == 0;
        }

        private List<Endpoint> list() {
            List<Endpoint> list = all.subList(first, end).stream()
                    .filter(endpoint -> absences[indexOf(endpoint)] == 0)
                    .toList();
            for (Endpoint endpoint : list) {
                int server = indexOf(endpoint);
                heardNanos[server] = Math.min(heardNanos[server], time.elapsed().toNanos());
            }
            return list;
        }

        @Override
        public Subscription subscribe(Listener listener, Environment environment) {
            listeners.add(listener);
            if (isHeard()) {
                listener.onEndpoints(list());
            }
            return () -> listeners.remove(listener);
        }

        @Override
        public String toString() {
            return "simulated discovery";
        }
    }
}
