package dev.evenkeel.lb.okhttp;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.Outcome.Kind;
import java.io.IOException;
import okhttp3.Call;
import org.jspecify.annotations.Nullable;

/** What it means for its endpoint that an attempt ended without an answer, or in the middle of one. Decides, and changes nothing. */
final class Endings {
    /** It ended, and nothing says why. Whatever it was, it was no success. */
    static final Outcome UNANSWERED = Outcome.of(Kind.CANCELLED, "ended without an answer");

    /** Why an attempt was cancelled is said later, by the one that cancelled it. */
    static final Outcome SAID_LATER = Outcome.of(Kind.CANCELLED, "cancelled with its call");

    /** Perhaps the caller had too little time; but this endpoint was out because of its connections, and has not shown that it is back. */
    private static final Outcome NOT_CONNECTED =
            Outcome.of(Kind.CONNECT_FAILED, "no connection before the call's deadline");

    private Endings() {}

    /**
     * Returns what it means that an attempt threw.
     *
     * @param problem anything: OkHttp throws InterruptedException without declaring it, and listeners and interceptors throw errors
     * @return null if only the end of the call will show whether it was cancelled or the client's time was over
     */
    static @Nullable Outcome ofProblem(Throwable problem, Call call, CallProgress progress) {
        if (!(problem instanceof IOException failure)) {
            return problem instanceof InterruptedException ? Outcome.CANCELLED : HttpOutcomes.CALLER_FAILED;
        }
        if (call.isCanceled()) {
            return ofCancel(call, progress);
        }
        if (Thread.currentThread().isInterrupted()) {
            return Outcome.CANCELLED;
        }
        Transmission transmission = progress.transmission();
        if (transmission.isElsewhere()) {
            return HttpOutcomes.ELSEWHERE;
        }
        if (transmission.isUntried()) {
            return HttpOutcomes.CALLER_FAILED; // an interceptor between us and OkHttp threw it
        }
        return failure instanceof WrongProtocolException wrong
                ? ofWrongProtocol(wrong, progress)
                : HttpOutcomes.of(failure, transmission.reached());
    }

    /**
     * It is the endpoint's fault if others of its service speak as the URL says. As long as none has, it may be the URL's: another one is
     * asked, and if that says the same, the call is over.
     */
    private static Outcome ofWrongProtocol(WrongProtocolException failure, CallProgress progress) {
        String reason = String.valueOf(failure.getMessage());
        if (progress.endpoint().spoken().isProven(failure.isForTls())) {
            return Outcome.of(Kind.CONNECT_FAILED, reason);
        }
        return Outcome.of(progress.hadEndedAs(Kind.NOT_PROCESSED) ? Kind.NOT_SENT : Kind.NOT_PROCESSED, reason);
    }

    private static @Nullable Outcome ofCancel(Call call, CallProgress progress) {
        Outcome reason = reason(progress);
        if (reason != null) {
            return reason.equals(SAID_LATER) ? null : reason;
        }
        return call.timeout().timeoutNanos() == 0 ? Outcome.CANCELLED : null;
    }

    /** Returns what it means that a call is over. */
    static Outcome ofCall(Call call, @Nullable IOException failure, CallProgress progress) {
        Outcome reason = reason(progress);
        if (reason != null) {
            return reason;
        }
        if (call.isCanceled()) {
            boolean timedOut = failure != null && HttpOutcomes.isInterrupt(failure);
            return timedOut ? outOfTime(progress) : Outcome.CANCELLED;
        }
        Transmission transmission = progress.transmission();
        IOException broken = transmission.failure();
        return broken == null || transmission.isElsewhere() ? Outcome.SUCCESS : HttpOutcomes.ofBody(broken);
    }

    /** Returns why the call was cut off, if that is known. */
    private static @Nullable Outcome reason(CallProgress progress) {
        Outcome said = progress.givenUp();
        boolean late = HttpOutcomes.DEADLINE.equals(said) || (said == null && progress.isOutOfTime());
        return late ? outOfTime(progress) : said;
    }

    /** Returns what it means that the call's time was over. */
    static Outcome outOfTime(CallProgress progress) {
        return progress.isProbe() && progress.transmission().isUnconnected() ? NOT_CONNECTED : HttpOutcomes.DEADLINE;
    }
}
