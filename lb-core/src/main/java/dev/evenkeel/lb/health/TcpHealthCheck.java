package dev.evenkeel.lb.health;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.concurrent.CompletableFuture;

/**
 * Passes if the endpoint's port takes a connection, which is then closed. It says that something listens there, and no more. Immutable,
 * and safe for use by many threads.
 */
public final class TcpHealthCheck implements HealthCheck {
    /** Creates the check. */
    public TcpHealthCheck() {}

    @Override
    public CompletableFuture<CheckResult> check(CheckTarget target) {
        int timeoutMillis = (int) Math.max(1, target.timeout().toMillis()); // 0 would be for ever
        try (Socket socket = new Socket()) {
            socket.connect(
                    new InetSocketAddress(
                            target.endpoint().host(), target.endpoint().port()),
                    timeoutMillis);
            return CompletableFuture.completedFuture(CheckResult.PASSED);
        } catch (IOException e) {
            CheckResult failed = CheckResult.failed(e);
            return CompletableFuture.completedFuture(CheckResult.failed(this + ": " + failed.reason()));
        }
    }

    /** Returns {@code TCP connect}. */
    @Override
    public String toString() {
        return "TCP connect";
    }
}
