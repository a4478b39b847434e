package dev.evenkeel.lb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.EndpointSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** Whatever a source reports, in whatever rhythm: nothing but time makes a short list true, and time always does. */
class ListHoldTest {
    private static final int STEP_MILLIS = 100;
    private static final int HOLD_MILLIS = 30_000;
    private static final int SHORT_HOLD_MILLIS = HOLD_MILLIS / 3;

    private final List<EndpointSource.Listener> source = new ArrayList<>();
    private final List<Moment> history = new ArrayList<>();
    private TestService service = TestService.of();

    /** How long the latest list of the source was at some time, and how many endpoints were in use. */
    private record Moment(long millis, int said, int used) {}

    private void begin() {
        source.clear();
        history.clear();
        service = TestService.over((listener, environment) -> {
            source.add(listener);
            return () -> {};
        });
    }

    private void report(int size) {
        source.get(0)
                .onEndpoints(IntStream.range(0, size)
                        .mapToObj(i -> Endpoint.of("10.0.0." + i, 80))
                        .toList());
    }

    private void pass(int size, int steps) {
        for (int step = 0; step < steps; step++) {
            note(size);
            service.advance(Duration.ofMillis(STEP_MILLIS));
        }
        note(size);
    }

    private void note(int size) {
        int used = service.loadBalancer.endpoints().size();
        history.add(new Moment(service.time.elapsed().toMillis(), size, used));
    }

    @Property(tries = 200)
    void nothingButTimeMakesAShortListTrueAndTimeAlwaysDoes(
            @ForAll @Size(min = 1, max = 30) List<@IntRange(max = 12) Integer> sizes,
            @ForAll @Size(min = 30, max = 30) List<@IntRange(max = 130) Integer> gaps) {
        begin();
        report(12);
        pass(12, 1);
        for (int i = 0; i < sizes.size(); i++) {
            report(sizes.get(i));
            pass(sizes.get(i), gaps.get(i));
        }
        int last = sizes.get(sizes.size() - 1);
        pass(last, HOLD_MILLIS / STEP_MILLIS + 1);

        for (int i = 1; i < history.size(); i++) {
            if (history.get(i).used < history.get(i - 1).used) {
                theFallWasEarned(i);
            }
        }
        assertThat(history.get(history.size() - 1).used)
                .as("is believed in the end")
                .isEqualTo(last);
    }

    private void theFallWasEarned(int at) {
        int used = history.get(at).used;
        int most = most(before(at, HOLD_MILLIS), Moment::used);
        if (used * 2 < most) {
            assertThat(most(before(at, SHORT_HOLD_MILLIS), Moment::said))
                    .as("the longest list lately, when %s became %s", most, used)
                    .isLessThan(most);
        }
        if (used == 0) {
            assertThat(most(before(at, HOLD_MILLIS), Moment::said)).isZero();
        }
    }

    /** Returns what was within the time before a moment, at the first instant of it not included. */
    private List<Moment> before(int at, int millis) {
        long now = history.get(at).millis;
        return history.subList(0, at).stream()
                .filter(moment -> now - moment.millis < millis)
                .toList();
    }

    private static int most(List<Moment> moments, ToIntFunction<Moment> number) {
        return moments.stream().mapToInt(number).max().orElse(0);
    }
}
