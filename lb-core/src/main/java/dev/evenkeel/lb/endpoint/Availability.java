package dev.evenkeel.lb.endpoint;

import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The set of reasons for which an endpoint is out; empty means available. Immutable.
 *
 * <p>Reasons come and go independently: an endpoint that drains while its connections fail is back only when both have ended.
 */
public final class Availability {
    /** No reason to leave the endpoint out. */
    public static final Availability AVAILABLE = new Availability(0);

    private final int bits;

    private Availability(int bits) {
        this.bits = bits;
    }

    /** Returns this with one reason more. */
    public Availability with(OutReason reason) {
        return has(reason) ? this : new Availability(bits | reason.bit());
    }

    /** Returns this with one reason less. */
    public Availability without(OutReason reason) {
        return has(reason) ? new Availability(bits & ~reason.bit()) : this;
    }

    /** Returns whether nothing speaks against the endpoint. */
    public boolean isAvailable() {
        return bits == 0;
    }

    /** Returns whether the endpoint is out for this reason, perhaps among others. */
    public boolean has(OutReason reason) {
        return (bits & reason.bit()) != 0;
    }

    /** Returns the reasons, in the order in which {@link OutReason} lists them. */
    public Set<OutReason> reasons() {
        Set<OutReason> reasons = EnumSet.allOf(OutReason.class);
        reasons.removeIf(reason -> !has(reason));
        return Collections.unmodifiableSet(reasons);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Availability that && bits == that.bits;
    }

    @Override
    public int hashCode() {
        return bits;
    }

    /** Returns {@code AVAILABLE}, or the reasons joined by {@code +}. */
    @Override
    public String toString() {
        return isAvailable()
                ? "AVAILABLE"
                : Arrays.stream(OutReason.values())
                        .filter(this::has)
                        .map(Enum::name)
                        .collect(Collectors.joining("+"));
    }
}
