package dev.evenkeel.lb;

/**
 * How large a share of the latest attempts was late, as pure functions on a number of 16 bits; it forgets by a sixteenth with each attempt.
 * Few are late when one endpoint is slow. When most are, it is the whole service, and attempts elsewhere would only add to it.
 */
final class LateShare {
    static final int NONE = 0;

    private static final int ALL = (1 << 16) - 1;
    private static final int SHIFT = 4;

    private LateShare() {}

    static int observe(int share, boolean late) {
        return share + (((late ? ALL : 0) - share) >> SHIFT);
    }

    static boolean isMost(int share) {
        return share > ALL / 2;
    }
}
