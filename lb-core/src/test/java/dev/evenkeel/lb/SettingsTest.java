package dev.evenkeel.lb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.retry.RetryBudget;
import dev.evenkeel.lb.retry.RetryPolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class SettingsTest {
    private static final Pattern ROW = Pattern.compile("\\| `([^`]+)` \\| `([^`]+)` \\|.*");

    /** The table of defaults in the documentation and what the code does cannot drift apart. */
    @Test
    void theDocumentedDefaultsAreTheDefaults() throws IOException {
        Map<String, String> documented = new LinkedHashMap<>();
        for (String line : Files.readAllLines(Path.of("..", "docs", "settings.md"))) {
            Matcher row = ROW.matcher(line);
            if (row.matches()) {
                documented.put(row.group(1), row.group(2));
            }
        }
        String described = TestService.of("10.0.0.1:80").loadBalancer.describe();
        Map<String, String> effective = new LinkedHashMap<>();
        described.lines().skip(2).forEach(line -> {
            String[] setting = line.trim().split(" = ", 2);
            effective.put(setting[0], setting[1]);
        });

        assertThat(documented).containsExactlyEntriesOf(effective);
    }

    @Test
    void aSettingThatCanHaveNoEffectIsRefused() {
        RetryBudget.Settings budget = new RetryBudget.Settings(0.1, 5, Duration.ofSeconds(10));
        assertThatThrownBy(() -> TestService.with(
                        settings -> settings.retry(RetryPolicy.NONE).retryBudget(budget), "10.0.0.1:80"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("retryBudget", "0.1", "retry.maxAttempts is 1");
    }

    @Test
    void whatIsSetIsWhatIsDescribed() {
        TestService service = TestService.with(
                settings -> settings.policy(LoadBalancingPolicy.roundRobin()).retry(RetryPolicy.NONE), "10.0.0.1:80");

        assertThat(service.loadBalancer.toString())
                .startsWith("orders.svc\n  endpoints = mutable list of 1: 1 endpoints, 1 available\n")
                .contains("\n  policy = roundRobin()\n", "\n  retry.maxAttempts = 1\n");
    }
}
