package dev.evenkeel.lb.sim;

import dev.evenkeel.lb.LoadBalancerBuilder;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;

/** Everything that settles a run, checked: the same scenario gives the same result, however often it is run. */
record Scenario(
        long seed,
        Fleet fleet,
        List<Disruption> disruptions,
        UnaryOperator<LoadBalancerBuilder> balancer,
        Duration duration) {
    Scenario {
        Check.positive("duration", duration);
        for (Disruption disruption : disruptions) {
            disruption.check(fleet.servers(), duration);
        }
    }

    /**
     * Who takes part.
     *
     * @param servers what each server is like, by its index
     * @param clients what each client is like, by its index
     * @param networkDelay how long a message is under way
     */
    record Fleet(List<Servers> servers, List<Clients> clients, Duration networkDelay) {
        Fleet {
            servers = List.copyOf(servers);
            clients = List.copyOf(clients);
            Check.range("number of servers", servers.size(), 1, Discovery.MOST_SERVERS);
            Check.range("number of clients", clients.size(), 1, 1_000_000);
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
