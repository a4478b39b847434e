package dev.evenkeel.lb.okhttp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.benmanes.caffeine.cache.Caffeine;
import dev.evenkeel.lb.LoadBalancer;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.core.IntervalFunction;
import java.io.File;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import kotlin.Unit;
import okhttp3.OkHttpClient;
import okio.Buffer;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;

/** A program that is itself a module balances its requests, with everything on the module path. */
class ModulePathTest {
    private static final String MODULE = """
            module user {
                requires dev.evenkeel.lb.okhttp;
            }
            """;
    private static final String PROGRAM = """
            package user;

            import dev.evenkeel.lb.LoadBalancer;
            import dev.evenkeel.lb.LoadBalancers;
            import dev.evenkeel.lb.endpoint.EndpointSource;
            import dev.evenkeel.lb.okhttp.Attempts;
            import dev.evenkeel.lb.okhttp.EvenkeelOkHttp;
            import okhttp3.OkHttpClient;
            import okhttp3.Request;

            public class Main {
                public static void main(String[] args) throws Exception {
                    try (var services = LoadBalancers.of(
                            LoadBalancer.builder("orders.svc").endpoints(EndpointSource.of(args)).build())) {
                        OkHttpClient client = EvenkeelOkHttp.wrap(new OkHttpClient(), services);
                        var call = client.newCall(new Request.Builder().url("http://orders.svc/").build());
                        try (var response = call.execute()) {
                            System.out.println(EvenkeelOkHttp.class.getModule().getName() + " " + response.body().string()
                                    + " " + Attempts.of(call));
                        }
                        System.exit(0);
                    }
                }
            }
            """;

    @RegisterExtension
    private final Fleet fleet = new Fleet();

    @Test
    void adapterWorksOnTheModulePath(@TempDir Path dir) throws Exception {
        Server server = fleet.add("hello");
        Path sources = Files.createDirectories(dir.resolve("src/user"));
        Files.writeString(dir.resolve("src/module-info.java"), MODULE);
        Files.writeString(sources.resolve("Main.java"), PROGRAM);
        Path classes = dir.resolve("classes");
        String libraries = path(
                EvenkeelOkHttp.class,
                LoadBalancer.class,
                Caffeine.class,
                OkHttpClient.class,
                Buffer.class,
                Unit.class,
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

        Process program = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-p",
                        libraries + File.pathSeparator + classes,
                        "-m",
                        "user/user.Main",
                        server.address()))
                .redirectErrorStream(true)
                .start();
        String output = new String(program.getInputStream().readAllBytes(), UTF_8).trim();
        assertThat(program.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(output).isEqualTo("dev.evenkeel.lb.okhttp hello " + server.address() + " (ok)");
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
