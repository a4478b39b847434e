package dev.evenkeel.lb.policy;

import java.util.List;

/** Turns random bits into indices, without division and without a bias that matters below 2²⁰ candidates. */
final class Draw {
    private Draw() {}

    /** Maps the upper 32 of 64 random bits onto 0 … bound − 1 (Lemire 2019). */
    static int upper(long bits, int bound) {
        return (int) (((bits >>> 32) * bound) >>> 32);
    }

    /** Maps the lower 32 of 64 random bits onto 0 … bound − 1. */
    static int lower(long bits, int bound) {
        return (int) (((bits & 0xFFFF_FFFFL) * bound) >>> 32);
    }

    static Node[] nodes(List<? extends Node> candidates) {
        return candidates.toArray(Node[]::new);
    }

    static double[] weights(Node[] nodes) {
        double[] weights = new double[nodes.length];
        for (int i = 0; i < nodes.length; i++) {
            weights[i] = nodes[i].weight();
        }
        return weights;
    }

    static boolean allEqual(double[] weights) {
        for (double weight : weights) {
            if (weight != weights[0]) {
                return false;
            }
        }
        return true;
    }
}
