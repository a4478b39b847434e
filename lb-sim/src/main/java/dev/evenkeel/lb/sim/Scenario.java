package dev.evenkeel.lb.sim;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.LoadBalancerBuilder;
import dev.evenkeel.lb.endpoint.EndpointSource;
import dev.evenkeel.lb.health.CheckSchedule;
import dev.evenkeel.lb.health.HealthCheck;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Everything that settles a run, checked: the same scenario gives the same result, however often it is run. */
record Scenario(long seed, Fleet fleet, List<Disruption> disruptions, Balancing balancing, Duration duration) {
    Scenario {
        Check.positive("duration", duration);
        for (int tier = 0; tier < fleet.tiers(); tier++) {
            if (fleet.firstServer(tier) == fleet.firstServer(tier + 1)) {
                throw new IllegalArgumentException("tier " + tier + " has no servers, must have at least one");
            }
        }
        for (Disruption disruption : disruptions) {
            disruption.check(fleet, duration);
        }
    }

    /**
     * What load balancers are like.
     *
     * @param settings makes each of them
     * @param around what stands between discovery and each of them; null if nothing does
     * @param checks when they check their endpoints; null if they do not
     * @param transport what they are used by
     */
    record Balancing(
            UnaryOperator<LoadBalancerBuilder> settings,
            @Nullable UnaryOperator<EndpointSource> around,
            @Nullable CheckSchedule checks,
            Transport transport) {
        /** Returns what one hears of discovery. */
        EndpointSource between(EndpointSource discovery) {
            return around == null ? discovery : around.apply(discovery);
        }

        /** Returns a builder of one. */
        LoadBalancerBuilder builder(HealthCheck check) {
            LoadBalancerBuilder builder = settings.apply(LoadBalancer.builder("simulated"));
            return checks == null ? builder : builder.healthCheck(check, checks);
        }
    }

    /**
     * Who takes part.
     *
     * @param servers what each server is like, by its index
     * @param links how servers call servers, in order; each begins another tier
     * @param clients what each client is like, by its index
     * @param networkDelay how long a message is under way
     */
    record Fleet(List<Servers> servers, List<Link> links, List<Clients> clients, Duration networkDelay) {
        Fleet {
            servers = List.copyOf(servers);
            links = List.copyOf(links);
            clients = List.copyOf(clients);
            Check.range("number of servers", servers.size(), 1, Discovery.MOST_SERVERS);
            Check.range("number of clients", clients.size(), 1, 1_000_000);
        }

        /** Returns how many tiers there are; the first, which clients call, is number 0. */
        int tiers() {
            return links.size() + 1;
        }

        /** Returns the index of a tier's first server; for one after the last tier, how many servers there are. */
        int firstServer(int tier) {
            if (tier == 0) {
                return 0;
            }
            return tier <= links.size() ? links.get(tier - 1).firstServer() : servers.size();
        }

        /** Returns the tier that a server is in. */
        int tierOf(int server) {
            return (int)
                    links.stream().filter(link -> link.firstServer() <= server).count();
        }
    }

    /** Returns when callers may first have noticed anything, in nanoseconds; the whole duration if never. */
    long undisturbedNanos() {
        return disruptions.stream()
                .mapToLong(disruption -> disruption.start().toNanos())
                .filter(nanos -> nanos > 0)
                .min()
                .orElse(duration.toNanos());
    }
}
