package dev.evenkeel.lb.okhttp;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.ok;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.core.WireMockConfiguration;
import com.github.tomakehurst.wiremock.http.Fault;
import dev.evenkeel.lb.call.Outcome.Kind;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.policy.LoadMetric;
import dev.evenkeel.lb.retry.RetryBudget;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import okhttp3.MediaType;
import okhttp3.Request;
import okhttp3.RequestBody;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Faults of a real Jetty. */
class WireMockFaultsTest {
    @RegisterExtension
    private final Fleet fleet = new Fleet();

    private final List<WireMockServer> servers = new ArrayList<>();

    private WireMockServer serve(ResponseDefinitionBuilder answer) {
        WireMockServer server = new WireMockServer(WireMockConfiguration.options()
                .bindAddress("127.0.0.1")
                .dynamicPort()
                .containerThreads(20));
        server.start();
        server.stubFor(any(anyUrl()).willReturn(answer));
        servers.add(server);
        fleet.source().put(Endpoint.of("127.0.0.1", server.port()));
        return server;
    }

    @AfterEach
    void stop() {
        servers.forEach(WireMockServer::stop);
    }

    private static int asked(WireMockServer server) {
        return server.getAllServeEvents().size();
    }

    @ParameterizedTest
    @EnumSource(
            value = Fault.class,
            names = {"EMPTY_RESPONSE", "RANDOM_DATA_THEN_CLOSE", "CONNECTION_RESET_BY_PEER"})
    void faultBeforeTheAnswerSendsAGetElsewhereButNotAPost(Fault fault) throws IOException {
        WireMockServer faulty = serve(aResponse().withFault(fault));
        serve(ok("fine"));
        assertThat(fleet.ask()).isEqualTo("200 fine");
        assertThat(fleet.kinds()).containsExactly(Kind.BROKEN, Kind.SUCCESS);
        Request post = fleet.request("/")
                .post(RequestBody.create("once", MediaType.get("text/plain")))
                .build();
        assertThatThrownBy(() -> fleet.ask(post)).isInstanceOf(IOException.class);
        assertThat(asked(faulty)).isEqualTo(2);
        assertThat(asked(servers.get(1))).isOne();
    }

    @Test
    void malformedChunkBreaksTheBody() {
        serve(aResponse().withFault(Fault.MALFORMED_RESPONSE_CHUNK));
        serve(ok("never"));
        assertThatThrownBy(fleet::ask).isInstanceOf(IOException.class);
        assertThat(fleet.kinds()).containsExactly(Kind.SUCCESS, Kind.BODY_BROKEN);
        fleet.awaitNothingInFlight();
    }

    @Test
    void dribbledBodyArrivesWhole() throws IOException {
        serve(ok("0123456789").withChunkedDribbleDelay(5, 600));
        assertThat(fleet.ask()).isEqualTo("200 0123456789");
        fleet.awaitNothingInFlight();
    }

    @Test
    void oneSlowAndOneFailingNodeAreNotNoticedByCallers() throws Exception {
        RetryBudget.Settings budget = RetryBudget.Settings.DEFAULT;
        fleet.balancing(lb ->
                lb.policy(LoadBalancingPolicy.leastLoaded(LoadMetric.PEAK_EWMA)).retryBudget(budget));
        serve(ok("fine"));
        serve(ok("slow").withFixedDelay(100));
        WireMockServer failing = serve(aResponse().withStatus(503));
        int calls = 1_000;
        ExecutorService threads = Executors.newFixedThreadPool(8);
        List<Future<String>> answers = new ArrayList<>();
        for (int i = 0; i < calls; i++) {
            answers.add(threads.submit((Callable<String>) fleet::ask));
        }
        long succeeded = answers.stream().filter(this::isSuccess).count();
        threads.shutdown();
        assertThat(succeeded).isGreaterThanOrEqualTo(calls * 999L / 1000);
        int retries = fleet.samples().size() - calls;
        assertThat(retries).isLessThanOrEqualTo((int) (calls * budget.ratio()));
        assertThat(asked(failing))
                .as("it fails fast, and does not gain traffic by it")
                .isLessThan(calls / 3);
        assertThat(fleet.balanced().misrouted()).isZero();
        fleet.awaitNothingInFlight();
    }

    private boolean isSuccess(Future<String> answer) {
        try {
            return answer.get().startsWith("200");
        } catch (InterruptedException | ExecutionException e) {
            return false;
        }
    }
}
