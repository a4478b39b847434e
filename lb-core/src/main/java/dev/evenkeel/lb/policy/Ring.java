package dev.evenkeel.lb.policy;

import dev.evenkeel.lb.endpoint.Endpoint;
import java.util.Arrays;
import java.util.List;

/**
 * A circle of 2⁶⁴ points, on which each endpoint has points in proportion to its weight; a key belongs to the endpoint of the next point
 * clockwise.
 *
 * <p>The points are those of Envoy and gRPC, so that everybody agrees about every key: XXH64 of {@code address_0}, {@code address_1}, …,
 * and so many that the lightest endpoint gets a whole number of them. Which they are follows from running sums in
 * floating point, done here in the same order. Of several points in a row of the same endpoint only the last is kept: the keys go where
 * they went, and each step of a walk comes to somebody else.
 *
 * <p>Source: Envoy, {@code ring_hash_lb.cc}; gRFC A42; Karger et al., "Consistent Hashing and Random Trees", 1997.
 */
final class Ring implements KeyOrder {
    private final long[] points; // ascending as unsigned numbers
    private final int[] owners;
    private final int[] guide; // the first point that is not before each of 2ⁿ equal sectors
    private final int shift;

    Ring(List<Endpoint> endpoints, int minSize, int maxSize) {
        int[] ends = ends(endpoints, minSize, maxSize);
        int size = ends[ends.length - 1];
        long[] hashes = new long[size];
        int[] of = new int[size];
        for (int i = 0, from = 0; i < ends.length; from = ends[i++]) {
            new HashedName(endpoints.get(i)).hashNumbered(hashes, from, ends[i]);
            Arrays.fill(of, from, ends[i], i);
        }
        SortedHashes sorted = new SortedHashes(hashes, of);
        int kept = 0;
        for (int i = 0; i < size; i++) {
            if (i == size - 1 || sorted.owners[i] != sorted.owners[i + 1]) {
                sorted.hashes[kept] = sorted.hashes[i];
                sorted.owners[kept++] = sorted.owners[i];
            }
        }
        points = Arrays.copyOf(sorted.hashes, kept);
        owners = Arrays.copyOf(sorted.owners, kept);
        shift = SortedHashes.shiftFor(kept);
        guide = SortedHashes.guide(points, shift);
    }

    /** Returns for each endpoint how many points it and those before it have. */
    private static int[] ends(List<Endpoint> endpoints, int minSize, int maxSize) {
        double total = 0;
        double lightest = Double.MAX_VALUE;
        for (Endpoint endpoint : endpoints) {
            total += endpoint.weight();
            lightest = Math.min(lightest, endpoint.weight());
        }
        double least = lightest / total;
        double scale = least > 0 ? Math.min(Math.ceil(least * minSize) / least, maxSize) : maxSize;
        int[] ends = new int[endpoints.size()];
        double target = 0;
        for (int i = 0; i < ends.length; i++) {
            target += scale * (endpoints.get(i).weight() / total);
            int before = i == 0 ? 0 : ends[i - 1];
            ends[i] = Math.max(before, (int) Math.ceil(target));
        }
        return ends;
    }

    @Override
    public int first(long key) {
        int place = guide[(int) (key >>> shift)];
        while (place < points.length && Long.compareUnsigned(points[place], key) < 0) {
            place++;
        }
        return place == points.length ? 0 : place;
    }

    @Override
    public int next(int place, long key) {
        return place + 1 == points.length ? 0 : place + 1;
    }

    @Override
    public int endpointAt(int place) {
        return owners[place];
    }
}
