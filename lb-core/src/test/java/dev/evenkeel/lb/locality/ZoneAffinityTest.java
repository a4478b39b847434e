package dev.evenkeel.lb.locality;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ZoneAffinityTest {
    @Test
    void asMuchStaysAsTheOwnZoneCanBear() {
        assertThat(ZoneAffinity.DEFAULT.ownShare(1, 8)).isEqualTo(1.3 / 9, within(1e-9));
        assertThat(ZoneAffinity.DEFAULT.ownShare(3, 6)).isEqualTo(1.3 / 3, within(1e-9));
        assertThat(ZoneAffinity.DEFAULT.ownShare(8, 1)).isEqualTo(1);
    }

    @Test
    void anEmptyZoneKeepsNothingAndALoneOneEverything() {
        assertThat(ZoneAffinity.DEFAULT.ownShare(0, 5)).isZero();
        assertThat(ZoneAffinity.DEFAULT.ownShare(0, 0)).isZero();
        assertThat(ZoneAffinity.DEFAULT.ownShare(2, 0)).isEqualTo(1);
    }

    @Test
    void whereClientsAreSpreadLikeServersEverythingStays() {
        assertThat(ZoneAffinity.DEFAULT.clientShare(1.0 / 3).ownShare(3, 6)).isEqualTo(1);
        assertThat(ZoneAffinity.DEFAULT.maxLoad(3).ownShare(3, 6)).isEqualTo(1);
    }

    /** The theorem of docs/locality.md: nobody has to know where the clients are. */
    @Property
    void noServerIsLoadedAboveTheBoundWhereverClientsAre(
            @ForAll @Size(min = 1, max = 5) List<@IntRange(min = 1, max = 20) Integer> servers,
            @ForAll @Size(5) List<@IntRange(min = 0, max = 100) Integer> clients) {
        double all = servers.stream().mapToInt(Integer::intValue).sum();
        double callers = 0;
        double[] load = new double[servers.size()]; // of a server in each zone
        for (int home = 0; home < servers.size(); home++) {
            double here = servers.get(home);
            double near = ZoneAffinity.DEFAULT.ownShare(here, all - here);
            callers += clients.get(home);
            for (int zone = 0; zone < servers.size(); zone++) {
                load[zone] += clients.get(home) * (zone == home ? near / here : (1 - near) / (all - here));
            }
        }

        for (double ofServer : load) {
            assertThat(ofServer).isLessThanOrEqualTo(1.3 * callers / all + 1e-9);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "0, 1.3, 1, 'zoneAffinity.minEndpoints is 0, must be at least 1'",
        "6, 0.9, 1, 'zoneAffinity.maxLoad is 0.9, must be at least 1'",
        "6, NaN, 1, 'zoneAffinity.maxLoad is NaN, must be at least 1'",
        "6, 1.3, 0, 'zoneAffinity.clientShare is 0.0, must be more than 0 and at most 1'",
        "6, 1.3, 1.1, 'zoneAffinity.clientShare is 1.1, must be more than 0 and at most 1'"
    })
    void badSettingsAreRefused(int minEndpoints, double maxLoad, double clientShare, String message) {
        assertThatThrownBy(() -> new ZoneAffinity(minEndpoints, maxLoad, clientShare))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }
}
