package dev.evenkeel.lb.policy;

/**
 * Hashes with their owners in ascending order, as unsigned numbers; equal ones stay in the order they came.
 *
 * <p>Hashes are spread evenly, so each is put into the bucket of its upper bits, where it meets one other on average and is inserted:
 * linear time, where sorting by comparison would take a second for eight million.
 */
final class SortedHashes {
    final long[] hashes;
    final int[] owners;

    SortedHashes(long[] unsorted, int[] of) {
        int size = unsorted.length;
        int shift = shiftFor(size);
        int[] ends = new int[1 << (Long.SIZE - shift)];
        for (long hash : unsorted) {
            ends[(int) (hash >>> shift)]++;
        }
        for (int bucket = 1; bucket < ends.length; bucket++) {
            ends[bucket] += ends[bucket - 1];
        }
        int[] begins = new int[ends.length];
        System.arraycopy(ends, 0, begins, 1, ends.length - 1);
        int[] filled = begins.clone();
        hashes = new long[size];
        owners = new int[size];
        for (int i = 0; i < size; i++) {
            int bucket = (int) (unsorted[i] >>> shift);
            insert(unsorted[i], of[i], begins[bucket], filled[bucket]++);
        }
    }

    private void insert(long hash, int owner, int from, int to) {
        int at = to;
        for (; at > from && Long.compareUnsigned(hashes[at - 1], hash) > 0; at--) {
            hashes[at] = hashes[at - 1];
            owners[at] = owners[at - 1];
        }
        hashes[at] = hash;
        owners[at] = owner;
    }

    /** Returns by how much to shift a hash to get its bucket, where there are at least as many buckets as hashes. */
    static int shiftFor(int size) {
        return Math.min(Long.SIZE - 1, Integer.numberOfLeadingZeros(size - 1) + Integer.SIZE);
    }

    /** Returns for each bucket the first of the sorted hashes that is not before it. */
    static int[] guide(long[] sorted, int shift) {
        int[] guide = new int[1 << (Long.SIZE - shift)];
        int at = 0;
        for (int bucket = 0; bucket < guide.length; bucket++) {
            while (at < sorted.length && sorted[at] >>> shift < bucket) {
                at++;
            }
            guide[bucket] = at;
        }
        return guide;
    }
}
