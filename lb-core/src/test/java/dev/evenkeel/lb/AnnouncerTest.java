package dev.evenkeel.lb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.observe.LoadBalancerListener;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

class AnnouncerTest {
    private static final class LogLines extends Handler {
        private final List<String> lines = new ArrayList<>();

        @Override
        public void publish(LogRecord logged) {
            lines.add(logged.getLevel() + " " + logged.getMessage());
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }

    private static List<String> loggedBy(String name, Runnable action) {
        Logger logger = Logger.getLogger(name);
        LogLines handler = new LogLines();
        Level before = logger.getLevel();
        logger.addHandler(handler);
        logger.setLevel(Level.ALL);
        try {
            action.run();
        } finally {
            logger.setLevel(before);
            logger.removeHandler(handler);
        }
        return handler.lines;
    }

    @Test
    void aListenerThatKeepsThrowingIsLoggedOnceAndStillTold() {
        int[] told = {0};
        Announcer announcer = new Announcer("orders");
        announcer.add(new LoadBalancerListener() {
            @Override
            public void onEvent(Event event) {
                told[0]++;
                throw new IllegalStateException("broken");
            }

            @Override
            public String toString() {
                return "my listener";
            }
        });

        List<String> logged = loggedBy(Announcer.class.getName(), () -> {
            for (int i = 0; i < 5; i++) {
                announcer.note(new Event(Event.Type.ADDED, "orders", null, ""));
                announcer.deliver();
            }
        });

        assertThat(told[0]).isEqualTo(5);
        assertThat(logged).containsExactly("WARNING orders: listener my listener failed; it is logged only this once");
    }

    @Test
    void whatChangesIsLoggedInALineThatNamesServiceEndpointAndReason() {
        List<String> logged = loggedBy(
                "dev.evenkeel.lb",
                () -> TestService.of("10.0.0.1:80", "10.0.0.2:80").refuse("10.0.0.2:80"));

        assertThat(logged)
                .filteredOn(line -> line.startsWith("INFO"))
                .singleElement()
                .asString()
                .startsWith(
                        "INFO orders.svc: UNAVAILABLE 10.0.0.2:80 – CONNECT_FAILED: connection refused, next try in ");
    }
}
