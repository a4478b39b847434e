package dev.evenkeel.lb.locality;

/**
 * How much of a client's traffic stays in its own zone.
 *
 * <p>It is as much as keeps every server below {@code maxLoad} times the mean, wherever the other clients are. A client cannot know
 * where they are; but if none sends a server more than 1.3 times its share, no server gets more than that from all of them. So the own
 * zone gets {@code maxLoad} × its share of the capacity, and the rest goes to the others by capacity. Where it is known which part of
 * all traffic comes from this zone, more can stay: {@code clientShare}. The maths is in {@code docs/locality.md}.
 *
 * @param minEndpoints with fewer endpoints than this, zones are ignored: one failing would change too much; 1 or more
 * @param maxLoad the highest load of a server, as a multiple of the mean; at least 1
 * @param clientShare the part of the service's traffic that comes from clients in this zone, more than 0 and at most 1; 1 assumes the worst
 */
public record ZoneAffinity(int minEndpoints, double maxLoad, double clientShare) {
    /** From 6 endpoints on [Envoy], no server above 1.3 times the mean, wherever the clients are. */
    public static final ZoneAffinity DEFAULT = new ZoneAffinity(6, 1.3, 1);

    /** Zones do not matter. */
    public static final ZoneAffinity OFF = new ZoneAffinity(Integer.MAX_VALUE, 1, 1);

    public ZoneAffinity {
        if (minEndpoints < 1) {
            throw new IllegalArgumentException("zoneAffinity.minEndpoints is " + minEndpoints + ", must be at least 1");
        }
        if (!(maxLoad >= 1 && maxLoad < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("zoneAffinity.maxLoad is " + maxLoad + ", must be at least 1");
        }
        if (!(clientShare > 0 && clientShare <= 1)) {
            throw new IllegalArgumentException(
                    "zoneAffinity.clientShare is " + clientShare + ", must be more than 0 and at most 1");
        }
    }

    /** Returns this with another {@link #minEndpoints}. */
    public ZoneAffinity minEndpoints(int newMinEndpoints) {
        return new ZoneAffinity(newMinEndpoints, maxLoad, clientShare);
    }

    /** Returns this with another {@link #maxLoad}. */
    public ZoneAffinity maxLoad(double newMaxLoad) {
        return new ZoneAffinity(minEndpoints, newMaxLoad, clientShare);
    }

    /** Returns this with another {@link #clientShare}. */
    public ZoneAffinity clientShare(double newClientShare) {
        return new ZoneAffinity(minEndpoints, maxLoad, newClientShare);
    }

    /**
     * Returns the share of this client's traffic that stays in its zone.
     *
     * @param own the capacity of the own zone, 0 or more
     * @param others that of all others
     */
    public double ownShare(double own, double others) {
        return own == 0 ? 0 : Math.min(1, maxLoad * own / (own + others) / clientShare);
    }
}
