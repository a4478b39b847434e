package dev.evenkeel.lb.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.util.concurrent.ListenableFuture;
import dev.evenkeel.lb.LoadBalancerView;
import dev.evenkeel.lb.Pick;
import dev.evenkeel.lb.StickySessions;
import dev.evenkeel.lb.call.Destination;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.call.RequestKey;
import dev.evenkeel.lb.call.Session;
import dev.evenkeel.lb.call.Subset;
import dev.evenkeel.lb.endpoint.OutReason;
import dev.evenkeel.lb.locality.MetadataSubsets;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.policy.Picker;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a call's options and headers ask of the place it goes to. */
class PlacementTest {
    private final List<Destination> seen = new CopyOnWriteArrayList<>();

    private final Fleet fleet = Fleet.of(
            3,
            settings -> settings.policy(watched())
                    .stickySessions(StickySessions.DEFAULT)
                    .subsets(MetadataSubsets.by("version").fallingBackToAny()));

    /** Remembers what calls ask, and goes round. */
    private LoadBalancingPolicy watched() {
        return (candidates, random) -> {
            Picker picker = LoadBalancingPolicy.roundRobin().newPicker(candidates, random);
            return (call, now) -> {
                seen.add(call.request().destination());
                return picker.pick(call, now);
            };
        };
    }

    @AfterEach
    void close() {
        fleet.settled();
        fleet.close();
    }

    private static Channel withHeader(Channel channel, String name, String value) {
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), value);
        return ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(headers));
    }

    private static String get(Channel channel, CallOptions options) {
        return Fleet.call(channel, Echo.GET, options, "x");
    }

    private Set<String> answers(int calls, Channel channel, CallOptions options) {
        Set<String> answers = new HashSet<>();
        for (int i = 0; i < calls; i++) {
            answers.add(get(channel, options));
        }
        return answers;
    }

    private TestServer serverOf(String answer) {
        return fleet.servers.stream()
                .filter(server -> answer.endsWith("@" + server.address()))
                .findFirst()
                .orElseThrow();
    }

    private Destination asked(Channel channel, CallOptions options) {
        seen.clear();
        get(channel, options);
        assertThat(seen).isNotEmpty();
        return seen.get(0);
    }

    @Test
    void aCallThatAsksNothingMayGoAnywhere() {
        assertThat(asked(fleet.channel(), CallOptions.DEFAULT)).isSameAs(Destination.ANY);
    }

    @Test
    void aCallsOptionIsItsKey() {
        CallOptions options = CallOptions.DEFAULT.withOption(EvenkeelGrpc.AFFINITY_KEY, "alice");
        assertThat(asked(fleet.channel(), options).key()).isEqualTo(RequestKey.of("alice"));
    }

    @Test
    void aHeaderIsTheKeyWhereTheChannelSaysSo() {
        ManagedChannel channel = fleet.open(fleet.builder().intercept(EvenkeelGrpc.keyFromHeader("x-user")));
        assertThat(asked(withHeader(channel, "x-user", "alice"), CallOptions.DEFAULT)
                        .key())
                .isEqualTo(RequestKey.of("alice"));
        assertThat(asked(channel, CallOptions.DEFAULT).key()).as("no header").isNull();
        assertThat(asked(
                                withHeader(channel, "x-user", "alice"),
                                CallOptions.DEFAULT.withOption(EvenkeelGrpc.AFFINITY_KEY, "bob"))
                        .key())
                .as("the call's own key comes first")
                .isEqualTo(RequestKey.of("bob"));
    }

    @Test
    void aKeyOfAbsurdSizeIsNone() {
        CallOptions options = CallOptions.DEFAULT.withOption(EvenkeelGrpc.AFFINITY_KEY, "x".repeat(1_000_000));
        assertThat(asked(fleet.channel(), options).key()).isNull();
    }

    @Test
    void aSessionOfAbsurdSizeIsNone() {
        CallOptions options = CallOptions.DEFAULT.withOption(EvenkeelGrpc.SESSION, "x".repeat(1_000_000));
        assertThat(asked(fleet.channel(), options)).isSameAs(Destination.ANY);
    }

    /** Of a size that servers still take: they refuse more than 8 KiB of headers by themselves. */
    @ParameterizedTest
    @ValueSource(strings = {"x-user", "x-session"})
    void aHeaderOfAbsurdSizeIsNoKeyAndNoSession(String header) {
        ManagedChannel channel = fleet.open(fleet.builder()
                .intercept(EvenkeelGrpc.keyFromHeader("x-user"), EvenkeelGrpc.sessionFromHeader("x-session")));
        seen.clear();
        get(withHeader(channel, header, "x".repeat(4_096)), CallOptions.DEFAULT);
        assertThat(seen)
                .as("the longest that counts: a key, or a session, which begins without the policy")
                .doesNotContain(Destination.ANY);
        assertThat(asked(withHeader(channel, header, "x".repeat(4_097)), CallOptions.DEFAULT))
                .isSameAs(Destination.ANY);
    }

    @Test
    void theResolverAloneKnowsKeysToo() {
        ManagedChannel channel = fleet.open(fleet.plainBuilder().intercept(EvenkeelGrpc.keyFromHeader("x-user")));
        assertThat(asked(withHeader(channel, "x-user", "alice"), CallOptions.DEFAULT)
                        .key())
                .isEqualTo(RequestKey.of("alice"));
    }

    @Test
    void aRetryHasTheKeyOfItsCall() {
        ManagedChannel channel = fleet.connectedChannel();
        fleet.server(0).failWith(Status.UNAVAILABLE);
        fleet.server(1).failWith(Status.UNAVAILABLE);
        seen.clear();
        get(channel, CallOptions.DEFAULT.withOption(EvenkeelGrpc.AFFINITY_KEY, "alice"));
        assertThat(seen).extracting(Destination::key).containsOnly(RequestKey.of("alice"));
        for (int i = 0; i < 2; i++) {
            get(channel, CallOptions.DEFAULT.withOption(EvenkeelGrpc.AFFINITY_KEY, "alice"));
        }
        assertThat(seen).as("some were repeated").hasSizeGreaterThan(3);
    }

    @Test
    void aSubsetIsAskedForByAnOption() {
        TestServer server = fleet.server(1);
        fleet.source.put(server.endpoint().withMetadata("version", "canary"));
        Subset canary = Subset.of("version", "canary");
        CallOptions options = CallOptions.DEFAULT.withOption(EvenkeelGrpc.SUBSET, canary);
        ManagedChannel channel = fleet.connectedChannel();
        seen.clear(); // connecting took calls that ask for nothing
        assertThat(answers(10, channel, options)).containsOnly("x@" + server.address());
        assertThat(seen).extracting(Destination::subset).containsOnly(canary);
    }

    @Test
    void aSubsetThatNobodyIsInFailsTheCallBeforeItIsSent() {
        try (Fleet strict = Fleet.of(1, settings -> settings.subsets(MetadataSubsets.by("version")))) {
            ManagedChannel channel = strict.connectedChannel();
            Status status = Fleet.fail(
                    channel,
                    Echo.GET,
                    CallOptions.DEFAULT.withOption(EvenkeelGrpc.SUBSET, Subset.of("version", "canary")));
            assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
            assertThat(status.getDescription())
                    .startsWith("orders: no endpoint of the subset {version=canary} can be picked; there are");
            assertThat(strict.calls()).isZero();
        }
    }

    @Test
    void aCallThatWaitsForReadyWaitsForSomebodyInItsSubset() throws Exception {
        try (Fleet strict = Fleet.of(2, settings -> settings.subsets(MetadataSubsets.by("version")))) {
            ManagedChannel channel = strict.connectedChannel();
            ListenableFuture<String> waiting = ClientCalls.futureUnaryCall(
                    channel.newCall(
                            Echo.GET,
                            CallOptions.DEFAULT
                                    .withWaitForReady()
                                    .withOption(EvenkeelGrpc.SUBSET, Subset.of("version", "canary"))),
                    "x");
            Fleet.get(channel, "x"); // others go on meanwhile
            assertThat(waiting.isDone()).isFalse();

            TestServer server = strict.server(1);
            strict.source.put(server.endpoint().withMetadata("version", "canary"));
            assertThat(waiting.get(20, TimeUnit.SECONDS)).isEqualTo("x@" + server.address());
        }
    }

    @Test
    void aCallDoesNotWaitForASubsetThatThereCannotBe() {
        try (Fleet strict = Fleet.of(1, settings -> settings.subsets(MetadataSubsets.by("version")))) {
            Status status = Fleet.fail(
                    strict.connectedChannel(),
                    Echo.GET,
                    CallOptions.DEFAULT
                            .withWaitForReady()
                            .withOption(EvenkeelGrpc.SUBSET, Subset.of("role", "primary")));
            assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
            assertThat(status.getDescription())
                    .isEqualTo("orders: there is no subset {role=primary}, subsets are by version");
        }
    }

    @Test
    void aHeaderThatCannotBeIsRefused() {
        assertThatThrownBy(() -> EvenkeelGrpc.keyFromHeader("user-bin")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> EvenkeelGrpc.sessionFromHeader("a b")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aSessionLivesWhereItIsFirstAnswered() {
        ManagedChannel channel = fleet.connectedChannel();
        CallOptions session = CallOptions.DEFAULT.withOption(EvenkeelGrpc.SESSION, "s");
        String first = learned(channel, session, Session.of("s"));
        assertThat(answers(10, channel, session)).containsOnly(first);
        assertThat(answers(10, channel, CallOptions.DEFAULT)).hasSize(3);
    }

    /** Makes the session's first call and waits until it is learnt: gRPC tells the caller of an answer before it tells us. */
    private String learned(Channel channel, CallOptions options, Session session) {
        String answer = get(channel, options);
        Until.until(
                "the session is known",
                () -> Objects.requireNonNull(fleet.loadBalancer.sessions()).find(session) != null);
        return answer;
    }

    @Test
    void aHeaderNamesTheSessionWhereTheChannelSaysSo() {
        ManagedChannel channel =
                fleet.connect(fleet.open(fleet.builder().intercept(EvenkeelGrpc.sessionFromHeader("x-session"))));
        Channel inSession = withHeader(channel, "x-session", "s");
        String first = learned(inSession, CallOptions.DEFAULT, Session.of("s"));
        assertThat(answers(10, inSession, CallOptions.DEFAULT)).containsOnly(first);
    }

    @Test
    void ejectionBreaksASessionAndItDoesNotGoBack() {
        ManagedChannel channel = fleet.connectedChannel();
        CallOptions session = CallOptions.DEFAULT.withOption(EvenkeelGrpc.SESSION, "s");
        TestServer home = serverOf(learned(channel, session, Session.of("s")));
        home.failWith(Status.INTERNAL);
        Until.until("it is ejected", () -> {
            if (!fleet.status(home).availability().has(OutReason.EJECTED)) {
                Status unused = attempt(channel, session);
            }
            return fleet.status(home).availability().has(OutReason.EJECTED);
        });
        home.behaviour = home.echo;
        String moved = learned(channel, session, Session.of("s"));
        assertThat(serverOf(moved)).isNotSameAs(home);
        assertThat(answers(10, channel, session)).containsOnly(moved);
    }

    private static Status attempt(Channel channel, CallOptions options) {
        try {
            get(channel, options);
            return Status.OK;
        } catch (io.grpc.StatusRuntimeException e) {
            return e.getStatus();
        }
    }

    @Test
    void anEndpointThatDrainsKeepsItsSessionsAndGetsNoNewCalls() {
        ManagedChannel channel = fleet.connectedChannel();
        CallOptions session = CallOptions.DEFAULT.withOption(EvenkeelGrpc.SESSION, "s");
        String first = learned(channel, session, Session.of("s"));
        fleet.loadBalancer.drain(serverOf(first).address());
        assertThat(answers(10, channel, session)).containsOnly(first);
        assertThat(answers(10, channel, CallOptions.DEFAULT)).hasSize(2).doesNotContain(first);
    }

    @Test
    void anEndpointThatTerminatesKeepsItsSessionsToo() {
        ManagedChannel channel = fleet.connectedChannel();
        CallOptions session = CallOptions.DEFAULT.withOption(EvenkeelGrpc.SESSION, "s");
        String first = learned(channel, session, Session.of("s"));
        fleet.source.put(serverOf(first).endpoint().withTerminating(true));
        Until.until(
                "others are used",
                () -> answers(6, channel, CallOptions.DEFAULT).size() == 2);
        assertThat(answers(10, channel, session)).containsOnly(first);
    }

    @Test
    void anEndpointWhoseWeightBecomesZeroKeepsItsSessionsAndGetsNoNewCalls() {
        ManagedChannel channel = fleet.connectedChannel();
        CallOptions session = CallOptions.DEFAULT.withOption(EvenkeelGrpc.SESSION, "s");
        String first = learned(channel, session, Session.of("s"));
        fleet.source.put(serverOf(first).endpoint().withWeight(0));
        Until.until(
                "others are used",
                () -> answers(6, channel, CallOptions.DEFAULT).size() == 2);
        assertThat(answers(10, channel, session)).containsOnly(first);
    }

    @Test
    void twoChannelsOfAServiceKnowTheSameSessions() {
        CallOptions session = CallOptions.DEFAULT.withOption(EvenkeelGrpc.SESSION, "s");
        ManagedChannel one = fleet.connectedChannel();
        String first = learned(one, session, Session.of("s"));
        ManagedChannel other = fleet.connectedChannel();
        assertThat(answers(10, other, session)).containsOnly(first);
    }

    @Test
    void whetherSomebodyIsLeftToTryIsAskedForTheSubset() {
        fleet.source.put(fleet.server(0).endpoint().withMetadata("version", "canary"));
        LoadBalancerView view = fleet.loadBalancer.openView(() -> {});
        fleet.servers.forEach(server -> view.setReady(server.endpoint(), true));
        assertThat(pauseBeforeRetry(view, Destination.ANY)).isEqualTo("0");
        assertThat(pauseBeforeRetry(view, Destination.ANY.withSubset(Subset.of("version", "canary"))))
                .as("the only one it may go to has just failed")
                .isNotEqualTo("0")
                .isNotEqualTo("-1");
        view.close();
    }

    /** Returns what gRPC is told, in milliseconds. */
    private static String pauseBeforeRetry(LoadBalancerView view, Destination destination) {
        CallMemory memory = new CallMemory(RequestInfo.IDEMPOTENT, false);
        RequestInfo request = RequestInfo.IDEMPOTENT.withDestination(destination);
        Pick pick = view.pick(new PlacedCall(memory, request));
        memory.went(pick);
        Metadata trailers = new Metadata();
        memory.failed(
                new CallMemory.Failure(
                        pick,
                        request,
                        Status.UNAVAILABLE,
                        Outcome.of(Outcome.Kind.UNAVAILABLE, "test"),
                        trailers,
                        null),
                view);
        return trailers.get(GrpcOutcomes.PUSHBACK);
    }
}
