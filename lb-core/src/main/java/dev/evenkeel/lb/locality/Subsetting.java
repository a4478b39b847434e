package dev.evenkeel.lb.locality;

import dev.evenkeel.lb.call.RequestKey;

/**
 * How many of a long list's endpoints one client uses. A thousand clients that each connect to a thousand servers make a million
 * connections, and each learns next to nothing of any server.
 *
 * <p>Which ones follows from the client's id and the endpoints' ids alone: the highest random weight. So different clients use different
 * ones, evenly; a client uses the same ones after a restart, an idle time or a change of the list's order; and when an endpoint leaves, only
 * its own clients take up another. Source: Thaler and Ravishankar, "Using Name-Based Mappings to Increase Hit Rates", 1998; what goes wrong
 * with less: Google SRE, chapter 20.
 *
 * @param size how many available endpoints are used, at least 12, so that they are not likely to be out all at once
 * @param above lists of up to this many endpoints are used as a whole; at least the size
 */
public record Subsetting(int size, int above) {
    /** The least size, Finagle's. */
    public static final int MIN_SIZE = 12;

    /** 100 endpoints, of lists with more than 200. */
    public static final Subsetting DEFAULT = new Subsetting(100, 200);

    /** All endpoints are used. */
    public static final Subsetting OFF = new Subsetting(Integer.MAX_VALUE, Integer.MAX_VALUE);

    public Subsetting {
        if (size < MIN_SIZE) {
            throw new IllegalArgumentException("subsetting.size is " + size + ", must be at least " + MIN_SIZE);
        }
        if (above < size) {
            throw new IllegalArgumentException(
                    "subsetting.above is " + above + ", must be at least subsetting.size, " + size);
        }
    }

    /**
     * Returns how many available endpoints to use of a part of a list, such as a zone.
     *
     * @param part how many endpoints the part has
     * @param all how many the list has
     */
    public int sizeOf(int part, int all) {
        if (all <= above) {
            return part;
        }
        long inProportion = ((long) size * part + all - 1) / all;
        return (int) Math.min(part, Math.max(MIN_SIZE, inProportion));
    }

    /** Returns how much a client is drawn to an endpoint; it uses those with the highest, read as unsigned. */
    public static long weight(RequestKey client, RequestKey endpoint) {
        long mixed = (client.hash() ^ Long.rotateLeft(endpoint.hash(), 32)) * 0x9E37_79B9_7F4A_7C15L;
        mixed = (mixed ^ mixed >>> 30) * 0xBF58_476D_1CE4_E5B9L; // the finish of SplitMix64
        mixed = (mixed ^ mixed >>> 27) * 0x94D0_49BB_1331_11EBL;
        return mixed ^ mixed >>> 31;
    }
}
