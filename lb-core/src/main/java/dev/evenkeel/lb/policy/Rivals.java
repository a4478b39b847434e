package dev.evenkeel.lb.policy;

import java.util.Arrays;

/**
 * Nodes in groups of equal weight, with their hashes. Among equals the highest draw wins, and only the winners of groups are compared by
 * weight, which takes a logarithm.
 */
final class Rivals {
    final Node[] nodes;
    final long[] hashes;
    final long placeMask; // the lower bits that hold any place in these arrays
    int groups;
    int[] ends = new int[1]; // where each group ends
    double[] weights = new double[1]; // of each group
    private int size;

    Rivals(int size) {
        this.nodes = new Node[size];
        this.hashes = new long[size];
        this.placeMask = 2L * Integer.highestOneBit(size) - 1;
    }

    /** Adds a node that is not lighter than those before. */
    void add(Node node, long hash, double weight) {
        if (size == 0 || weight != weights[groups - 1]) {
            if (groups == ends.length) {
                ends = Arrays.copyOf(ends, 2 * groups);
                weights = Arrays.copyOf(weights, 2 * groups);
            }
            weights[groups++] = weight;
        }
        nodes[size] = node;
        hashes[size++] = hash;
        ends[groups - 1] = size;
    }
}
