package dev.evenkeel.lb.grpc;

import dev.evenkeel.lb.health.CheckResult;
import dev.evenkeel.lb.health.CheckTarget;
import dev.evenkeel.lb.health.HealthCheck;
import io.grpc.CallOptions;
import io.grpc.ChannelCredentials;
import io.grpc.ClientCall;
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Asks an endpoint's own health service, {@code grpc.health.v1}, and passes if it answers {@code SERVING}. A server without that service
 * passes too, as for gRPC's own health checks (gRFC A17): it answers, and says nothing against itself. Any other answer, and none, is a
 * failure, also {@code NOT_FOUND}: it has not heard of what was asked for.
 *
 * <p>Each check makes a connection, proves by it that one can be made, and closes it. It carries the name of the load balancer's service
 * as its authority, and so for TLS, like calls do, unless told otherwise; it uses no proxy. Immutable, and safe for use by many threads.
 */
public final class GrpcHealthCheck implements HealthCheck {
    private final ChannelCredentials credentials;
    private final String asked;
    private final @Nullable String authority; // null for the service's name

    private GrpcHealthCheck(ChannelCredentials credentials, String asked, @Nullable String authority) {
        this.credentials = credentials;
        this.asked = asked;
        this.authority = authority;
    }

    /** Returns a check that asks for the server as a whole, over connections with credentials: those of the service's channels. */
    public static GrpcHealthCheck of(ChannelCredentials credentials) {
        return new GrpcHealthCheck(Objects.requireNonNull(credentials, "credentials"), "", null);
    }

    /** Returns this check asking for one of the server's gRPC services, such as {@code shop.Orders}; empty is the server as a whole. */
    public GrpcHealthCheck askingFor(String grpcService) {
        return new GrpcHealthCheck(credentials, Objects.requireNonNull(grpcService, "grpcService"), authority);
    }

    /**
     * Returns this check with another authority than the service's name, which TLS checks too: for channels that have it from {@code
     * overrideAuthority}.
     */
    public GrpcHealthCheck overridingAuthority(String newAuthority) {
        return new GrpcHealthCheck(credentials, asked, Objects.requireNonNull(newAuthority, "authority"));
    }

    @Override
    public CompletableFuture<CheckResult> check(CheckTarget target) {
        try {
            return check(target, host(target.endpoint().host()));
        } catch (UnknownHostException e) {
            return CompletableFuture.completedFuture(
                    CheckResult.failed(this + ": " + CheckResult.failed(e).reason()));
        }
    }

    private CompletableFuture<CheckResult> check(CheckTarget target, String host) {
        ManagedChannel channel = Grpc.newChannelBuilderForAddress(
                        host, target.endpoint().port(), credentials)
                .overrideAuthority(authority == null ? target.service() : authority)
                .proxyDetector(address -> null)
                .disableServiceConfigLookUp()
                .disableRetry()
                .build();
        Answer answer = new Answer();
        var unused = answer.result.whenComplete((result, thrown) -> channel.shutdownNow());
        try {
            ClientCall<String, Long> call = channel.newCall(
                    HealthMessages.CHECK,
                    CallOptions.DEFAULT.withDeadlineAfter(target.timeout().toNanos(), TimeUnit.NANOSECONDS));
            call.start(answer, new Metadata());
            call.request(2); // a second message would be an error
            call.sendMessage(asked);
            call.halfClose();
        } catch (RuntimeException e) {
            answer.result.completeExceptionally(e);
        }
        return answer.result;
    }

    /** gRPC refuses a host name with an underscore, so its address is looked up for it. */
    private static String host(String name) throws UnknownHostException {
        return name.indexOf('_') < 0 ? name : InetAddress.getByName(name).getHostAddress();
    }

    /** Returns what is asked, such as {@code grpc.health.v1 of shop.Orders}. */
    @Override
    public String toString() {
        return asked.isEmpty() ? "grpc.health.v1" : "grpc.health.v1 of " + asked;
    }

    /** Waits for the answer of one check. Called by gRPC, one method at a time. */
    private final class Answer extends ClientCall.Listener<Long> {
        private final CompletableFuture<CheckResult> result = new CompletableFuture<>();
        private @Nullable Long serving;

        @Override
        public void onMessage(Long status) {
            serving = status;
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            result.complete(resultOf(status));
        }

        private CheckResult resultOf(Status status) {
            if (status.getCode() == Status.Code.UNIMPLEMENTED) {
                return CheckResult.PASSED;
            }
            if (!status.isOk()) {
                return failed(CheckResult.failed(status.asException()).reason());
            }
            if (serving == null) {
                return failed("no answer");
            }
            return serving == HealthMessages.SERVING ? CheckResult.PASSED : failed(HealthMessages.name(serving));
        }

        private CheckResult failed(String why) {
            return CheckResult.failed(GrpcHealthCheck.this + ": " + why);
        }
    }
}
