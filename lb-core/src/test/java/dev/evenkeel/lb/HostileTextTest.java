package dev.evenkeel.lb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.EndpointSource;
import dev.evenkeel.lb.endpoint.Locality;
import dev.evenkeel.lb.endpoint.Omissions;
import dev.evenkeel.lb.health.CheckResult;
import dev.evenkeel.lb.locality.MetadataSubsets;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.time.Environment;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Whatever discovery, servers and exceptions say, it stays one line, and no terminal obeys it. */
class HostileTextTest {
    private static final String FORGED = "\n2026-01-01 ERROR forged\u001b[31m\u2028\u202e";

    private final Logger logger = Logger.getLogger("dev.evenkeel"); // kept, as loggers are collected
    private final List<String> logged = new CopyOnWriteArrayList<>();
    private final Handler handler = new Handler() {
        @Override
        public void publish(LogRecord record) {
            logged.add(record.getMessage());
            if (record.getThrown() != null) {
                StringWriter text = new StringWriter();
                record.getThrown().printStackTrace(new PrintWriter(text));
                text.toString().lines().map(line -> line.replace("\t", "")).forEach(logged::add);
            }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    private static final class HostileSource implements EndpointSource {
        private final List<Listener> listeners = new ArrayList<>();

        @Override
        public Subscription subscribe(Listener listener, Environment environment) {
            listeners.add(listener);
            return () -> {};
        }

        @Override
        public String toString() {
            return "source" + FORGED;
        }
    }

    @BeforeEach
    void listen() {
        logger.setLevel(Level.ALL);
        logger.addHandler(handler);
    }

    @AfterEach
    void stopListening() {
        logger.removeHandler(handler);
        logger.setLevel(null);
    }

    private static Endpoint hostile(String address) {
        return Endpoint.of(address)
                .withId("pod" + FORGED + address)
                .withLocality(new Locality("eu" + FORGED, "zone" + FORGED))
                .withMetadata("version", "7" + FORGED);
    }

    @Test
    void nothingThatDiscoverySaysBreaksALine() {
        HostileSource source = new HostileSource();
        TestService service = TestService.over(
                source,
                settings -> settings.locality(new Locality("eu", "a"))
                        .subsets(MetadataSubsets.by("version"))
                        .listener(new dev.evenkeel.lb.observe.LoadBalancerListener() {
                            @Override
                            public void onEvent(Event event) {
                                throw new IllegalStateException("listener" + FORGED, new Error("cause" + FORGED));
                            }
                        })
                        .healthCheck(
                                target -> CompletableFuture.completedFuture(CheckResult.failed("HTTP 500" + FORGED))));
        List<String> shown = new ArrayList<>();
        source.listeners.forEach(listener -> listener.onFailure("registry down" + FORGED));
        shown.add(String.valueOf(service.loadBalancer.whyEmpty()));
        shown.add(messageOf(service::attempt));
        shown.addAll(describe(service));
        List<Endpoint> list = new ArrayList<>(List.of(
                hostile("10.0.0.1:80"),
                hostile("10.0.0.2:80"),
                hostile("10.0.0.2:80").withWeight(2)));
        source.listeners.forEach(listener -> listener.onEndpoints(list, Omissions.NONE.and("line 3" + FORGED)));
        Attempt attempt = service.attempt();
        attempt.complete(Outcome.of(Outcome.Kind.CONNECT_FAILED, "refused" + FORGED));
        service.advance(Duration.ofMinutes(5));
        shown.addAll(describe(service));
        shown.add(messageOf(() -> service.loadBalancer.drain("nobody" + FORGED)));
        shown.add(messageOf(() -> service.loadBalancer.evacuateZone("nowhere" + FORGED)));
        service.loadBalancer.evacuateZone("zone" + FORGED);
        shown.add(messageOf(service::attempt));
        shown.addAll(describe(service));
        service.events.forEach(event -> {
            shown.add(event.toString());
            shown.add(event.detail());
        });
        shown.add(hostile("10.0.0.1:80").toString());
        shown.add(hostile("10.0.0.1:80").locality().toString());
        shown.add(messageOf(() -> hostile("10.0.0.1:80").withWeight(-1)));
        shown.add(messageOf(() -> hostile("10.0.0.1:80").withPriority(-1)));
        shown.add(messageOf(() -> hostile("10.0.0.1:80").withMetadata("k" + FORGED, "v".repeat(2000))));
        shown.add(messageOf(() -> Endpoint.of("host" + FORGED + ":80")));
        shown.add(messageOf(() -> LoadBalancers.of(service.loadBalancer).get("other" + FORGED)));
        shown.add(messageOf(() -> LoadBalancer.builder("name" + FORGED)));

        assertThat(service.eventTypes())
                .contains(
                        Event.Type.STALE,
                        Event.Type.ADDED,
                        Event.Type.DUPLICATES,
                        Event.Type.UNAVAILABLE,
                        Event.Type.ENTRIES_LEFT_OUT);
        assertThat(shown).hasSizeGreaterThan(30).allSatisfy(HostileTextTest::assertOneSafeLine);
        assertThat(String.join("\n", shown)).contains("forged");
        assertThat(logged).hasSizeGreaterThan(10).allSatisfy(HostileTextTest::assertOneSafeLine);
        assertThat(String.join("\n", logged)).contains("forged", "Caused by: java.lang.Error: cause?");
    }

    @Test
    void aSourceThatFailsAtTheStartIsNamedSafely() {
        assertOneSafeLine(messageOf(() -> TestService.over(new EndpointSource() {
            @Override
            public Subscription subscribe(Listener listener, Environment environment) {
                throw new IllegalStateException("no" + FORGED);
            }

            @Override
            public String toString() {
                return "source" + FORGED;
            }
        })));
    }

    private static String messageOf(org.assertj.core.api.ThrowableAssert.ThrowingCallable work) {
        return String.valueOf(catchThrowable(work).getMessage());
    }

    private static List<String> describe(TestService service) {
        List<String> lines =
                new ArrayList<>(List.of(service.loadBalancer.describe().split("\n")));
        service.loadBalancer.endpoints().forEach(status -> {
            lines.add(status.toString());
            lines.add(status.detail());
            lines.add(status.avoidance());
        });
        return lines;
    }

    private static void assertOneSafeLine(String text) {
        assertThat(text)
                .doesNotContainPattern("\\p{Cntrl}|\\p{Cf}|\\p{Zl}|\\p{Zp}")
                .doesNotStartWith("2026");
    }
}
