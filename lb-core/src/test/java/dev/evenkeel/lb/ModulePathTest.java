package dev.evenkeel.lb;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.benmanes.caffeine.cache.Caffeine;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.core.IntervalFunction;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;

/** A program that is itself a module uses lb-core from the module path. */
class ModulePathTest {
    private static final String MODULE = """
            module user {
                requires dev.evenkeel.lb;
            }
            """;
    private static final String PROGRAM = """
            package user;

            import dev.evenkeel.lb.LoadBalancer;
            import dev.evenkeel.lb.call.Outcome;
            import dev.evenkeel.lb.call.RequestInfo;
            import dev.evenkeel.lb.endpoint.EndpointSource;
            import dev.evenkeel.lb.limit.Breaker;
            import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;

            public class Main {
                public static void main(String[] args) {
                    var breaker = CircuitBreakerConfig.from(Breaker.DEFAULT).failureRateThreshold(60).build();
                    try (LoadBalancer orders = LoadBalancer.builder("orders").endpoints(EndpointSource.of("10.0.0.1:80"))
                            .endpointBreaker(breaker).build()) {
                        var attempt = orders.newCall(RequestInfo.IDEMPOTENT).nextAttempt();
                        attempt.complete(Outcome.SUCCESS);
                        System.out.println(LoadBalancer.class.getModule().getName() + " picked " + attempt.endpoint());
                    }
                }
            }
            """;

    @Test
    void lbCoreWorksOnTheModulePath(@TempDir Path dir) throws Exception {
        Path sources = Files.createDirectories(dir.resolve("src/user"));
        Files.writeString(dir.resolve("src/module-info.java"), MODULE);
        Files.writeString(sources.resolve("Main.java"), PROGRAM);
        Path classes = dir.resolve("classes");
        String libraries = path(
                LoadBalancer.class,
                Caffeine.class,
                NullMarked.class,
                CircuitBreaker.class,
                IntervalFunction.class,
                Logger.class);

        int compiled = ToolProvider.findFirst("javac")
                .orElseThrow()
                .run(
                        System.out,
                        System.err,
                        "-p",
                        libraries,
                        "-d",
                        classes.toString(),
                        dir.resolve("src/module-info.java").toString(),
                        sources.resolve("Main.java").toString());
        assertThat(compiled).isZero();

        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.addAll(List.of(
                "-p",
                path(LoadBalancer.class, Caffeine.class, CircuitBreaker.class, IntervalFunction.class, Logger.class)
                        + File.pathSeparator
                        + classes,
                "-m",
                "user/user.Main"));
        assertThat(outputOf(command))
                .as("SLF4J may say before that it has nowhere to log to")
                .endsWith("dev.evenkeel.lb picked 10.0.0.1:80");
    }

    private static String outputOf(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8).trim();
        assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
        return output;
    }

    private static String path(Class<?>... users) {
        return Arrays.stream(users).map(ModulePathTest::location).collect(Collectors.joining(File.pathSeparator));
    }

    private static String location(Class<?> user) {
        try {
            return Path.of(user.getProtectionDomain()
                            .getCodeSource()
                            .getLocation()
                            .toURI())
                    .toString();
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
