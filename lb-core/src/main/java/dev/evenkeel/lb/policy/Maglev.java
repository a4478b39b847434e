package dev.evenkeel.lb.policy;

import dev.evenkeel.lb.endpoint.Endpoint;
import java.util.List;

/**
 * Requests with the same key go to the same endpoint, by a table: see {@link LoadBalancingPolicy#maglev()}.
 *
 * @param tableSize how many entries the table has, a prime number of 2 to {@link #LARGEST}
 * @param fallback where requests without a key go
 * @param maxLoad how many times its fair share of all that is in flight an endpoint may have before keys go past it, more than 1;
 *     infinity for no bound
 */
public record Maglev(int tableSize, LoadBalancingPolicy fallback, double maxLoad) implements KeyedPolicy {
    /** The largest allowed {@link #tableSize}, as in Envoy. */
    public static final int LARGEST = 5_000_011;

    /** The table size of Envoy and of the paper. */
    private static final int DEFAULT_SIZE = 65_537;

    /** How many entries each endpoint gets where the table has to grow: then shares differ by a tenth. */
    private static final int ENTRIES_AFTER_GROWTH = 10;

    public Maglev {
        if (tableSize < 2 || tableSize > LARGEST || !isPrime(tableSize)) {
            throw new IllegalArgumentException(
                    "tableSize is " + tableSize + ", must be a prime number of 2 to " + LARGEST + ", such as 65537");
        }
        Elsewhere.check(fallback, maxLoad);
    }

    static Maglev withDefaults() {
        return new Maglev(DEFAULT_SIZE, Elsewhere.DEFAULT_FALLBACK, Elsewhere.UNBOUNDED);
    }

    /**
     * Returns this policy with another table. All who should agree about keys need the same size; a hundred times the number of endpoints
     * makes shares of equals differ by a hundredth at most.
     */
    public Maglev tableSize(int newSize) {
        return new Maglev(newSize, fallback, maxLoad);
    }

    /** Returns this policy sending requests without a key by another policy, which must not be one by key itself. */
    public Maglev fallback(LoadBalancingPolicy newFallback) {
        return new Maglev(tableSize, newFallback, maxLoad);
    }

    /** Returns this policy with a bound; see {@link RingHash#boundedLoad}. */
    public Maglev boundedLoad(double factor) {
        return new Maglev(tableSize, fallback, factor);
    }

    /** Where there are more endpoints than entries the table grows, so that everybody gets some. */
    @Override
    public KeyMap newKeyMap(List<Endpoint> endpoints) {
        int size = endpoints.size() <= tableSize ? tableSize : primeAfter(ENTRIES_AFTER_GROWTH * endpoints.size());
        RendezvousMap rest = new RendezvousMap(endpoints, new Elsewhere(fallback, maxLoad));
        return new WalkedMap(new MaglevTable(endpoints, size), rest);
    }

    private static int primeAfter(int number) {
        int prime = number + 1;
        while (!isPrime(prime)) {
            prime++;
        }
        return prime;
    }

    private static boolean isPrime(int number) {
        for (int divisor = 2; (long) divisor * divisor <= number; divisor++) {
            if (number % divisor == 0) {
                return false;
            }
        }
        return true;
    }

    @Override
    public String toString() {
        return "maglev().tableSize(" + tableSize + ")" + new Elsewhere(fallback, maxLoad);
    }
}
