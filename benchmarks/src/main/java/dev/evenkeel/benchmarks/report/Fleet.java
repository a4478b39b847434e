package dev.evenkeel.benchmarks.report;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;

import dev.evenkeel.lb.sim.Clients;
import dev.evenkeel.lb.sim.Servers;
import dev.evenkeel.lb.sim.ServiceTime;
import dev.evenkeel.lb.sim.Simulation;
import java.util.function.LongFunction;

/**
 * Servers and their callers.
 *
 * @param words what a reader needs to know of them
 * @param description makes the beginning of a simulation from a seed
 */
record Fleet(String words, LongFunction<Simulation> description) {
    /** How many keys calls have, at which most policies do not look. */
    static final int KEYS = 1_000;

    /** Ten servers at some 60 % of their capacity: the fleet of the table "What callers feel". */
    static Fleet busy() {
        return busy(10, 20, 840);
    }

    /** Servers with little to spare. */
    static Fleet busy(int servers, int clients, int callsPerSecond) {
        return new Kind(4, 25, 0.5).fleet(servers, clients, callsPerSecond);
    }

    /** The fleet of the table, but five of its servers ask for a pause when they are full. */
    static Fleet halfPushingBack() {
        Kind kind = new Kind(4, 25, 0.5);
        Servers like = kind.servers();
        return new Fleet(
                kind.words("10 servers, of which five push back when full,", 10, "20 clients", 840),
                seed -> Simulation.of(seed)
                        .servers(5, like)
                        .servers(5, like.pushbackWhenFull(ofSeconds(1)))
                        .clients(20, callers(42)));
    }

    /** Servers with much to spare: the fleet of most failure stories. */
    static Fleet roomy(int servers, int clients, int callsPerSecond) {
        return new Kind(8, 20, 0.4).fleet(servers, clients, callsPerSecond);
    }

    /** Zones of six, two and one server with much to spare; all clients are in the zone of one. */
    static Fleet lopsided() {
        Kind kind = new Kind(8, 20, 0.4);
        Servers like = kind.servers();
        return new Fleet(
                kind.words("9 servers, in zones of 6, 2 and 1,", 9, "10 clients, all in the zone of one,", 1_200),
                seed -> Simulation.of(seed)
                        .servers(6, like.zone("a"))
                        .servers(2, like.zone("b"))
                        .servers(1, like.zone("c"))
                        .clients(10, callers(120).zone("c")));
    }

    /** Servers that call servers, so that attempts multiply: what is last in the chain can do 100 calls a second, and gets 70. */
    static Fleet chain() {
        Servers inBetween = Servers.workers(100).serviceTime(ServiceTime.logNormal(ofMillis(5), 0.3));
        Servers last = Servers.workers(10).queue(80).serviceTime(ServiceTime.constant(ofMillis(100)));
        return new Fleet(
                "4 servers call 4 others, which call one with 10 workers, a queue of 80 and a service time of 100 ms; 10 clients with together"
                        + " 70 calls/s, 70 % of what that one can do; deadlines 1 s, 0.7 s and 0.4 s",
                seed -> Simulation.of(seed)
                        .clients(10, Clients.ratePerSecond(7).deadline(ofSeconds(1)))
                        .servers(4, inBetween)
                        .nextTier(ofMillis(700))
                        .servers(4, inBetween)
                        .nextTier(ofMillis(400))
                        .servers(1, last));
    }

    private static Clients callers(double ratePerSecond) {
        return Clients.ratePerSecond(ratePerSecond).deadline(ofSeconds(1)).keys(KEYS);
    }

    /** What servers are like: how many workers, and the median in ms and sigma of the log-normal service time. */
    private record Kind(int workers, int median, double sigma) {
        Fleet fleet(int servers, int clients, int callsPerSecond) {
            double each = (double) callsPerSecond / clients;
            Servers like = servers();
            return new Fleet(
                    words(servers + " servers", servers, clients + " clients", callsPerSecond),
                    seed -> Simulation.of(seed).servers(servers, like).clients(clients, callers(each)));
        }

        Servers servers() {
            return Servers.workers(workers).queue(100).serviceTime(ServiceTime.logNormal(ofMillis(median), sigma));
        }

        String words(String who, int servers, String callers, int callsPerSecond) {
            return who + " × " + workers + " workers with queues of 100, service times log-normal around " + median
                    + " ms (sigma " + Numbers.fixed(sigma, 1) + "); " + callers + " with together " + callsPerSecond
                    + " calls/s, " + Numbers.fixed(100 * callsPerSecond / (servers * capacity()), 0)
                    + " % of what all servers can do; deadline 1 s";
        }

        /** Returns how many calls a second one server can do. */
        private double capacity() {
            return workers / (median / 1e3 * StrictMath.exp(sigma * sigma / 2));
        }
    }
}
