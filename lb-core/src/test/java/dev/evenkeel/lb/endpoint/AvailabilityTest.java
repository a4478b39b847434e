package dev.evenkeel.lb.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumSet;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class AvailabilityTest {
    @Property
    void holdsExactlyTheReasonsThatCameAndDidNotGo(@ForAll Set<OutReason> came, @ForAll Set<OutReason> went) {
        Availability availability = Availability.AVAILABLE;
        for (OutReason reason : came) {
            availability = availability.with(reason).with(reason);
        }
        for (OutReason reason : went) {
            availability = availability.without(reason);
        }

        Set<OutReason> expected = EnumSet.noneOf(OutReason.class);
        expected.addAll(came);
        expected.removeAll(went);
        assertThat(availability.reasons()).containsExactlyElementsOf(expected);
        assertThat(availability.isAvailable()).isEqualTo(expected.isEmpty());
        assertThat(OutReason.values()).allMatch(reason -> availabilityHas(expected, reason));
    }

    private static boolean availabilityHas(Set<OutReason> expected, OutReason reason) {
        Availability availability =
                expected.stream().reduce(Availability.AVAILABLE, Availability::with, (one, other) -> other);
        return availability.has(reason) == expected.contains(reason);
    }

    @Property
    void theOrderInWhichReasonsComeMeansNothing(@ForAll OutReason one, @ForAll OutReason other) {
        assertThat(Availability.AVAILABLE.with(one).with(other))
                .isEqualTo(Availability.AVAILABLE.with(other).with(one))
                .hasSameHashCodeAs(Availability.AVAILABLE.with(other).with(one));
    }

    @Test
    void readsAsItsReasons() {
        assertThat(Availability.AVAILABLE).hasToString("AVAILABLE");
        assertThat(Availability.AVAILABLE.with(OutReason.DRAINING).with(OutReason.CONNECT_FAILED))
                .hasToString("CONNECT_FAILED+DRAINING");
    }

    @Test
    void isNotEqualToAnythingElse() {
        assertThat(Availability.AVAILABLE)
                .isNotEqualTo(Availability.AVAILABLE.with(OutReason.DRAINING))
                .isNotEqualTo("AVAILABLE");
    }
}
