package dev.evenkeel.lb.okhttp;

import java.net.ProtocolException;
import java.util.function.Predicate;
import okhttp3.Call;
import okhttp3.EventListener;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * A request on a way through OkHttp that is not good for all hosts: it is taken off that way by a redirect to one of the others. Used by the
 * call's thread.
 */
final class Passage extends EventListener {
    private final Predicate<String> endsAt;
    private boolean over;
    private int followUps;

    /**
     * Begins one.
     *
     * @param endsAt which hosts are others
     */
    Passage(Predicate<String> endsAt) {
        this.endsAt = endsAt;
    }

    @Override
    public void followUpDecision(Call call, Response response, @Nullable Request next) {
        if (over || next == null) {
            return;
        }
        followUps++;
        if (endsAt.test(next.url().host())) {
            throw new Crossing(response, next);
        }
    }

    /**
     * Returns how the call goes on.
     *
     * @throws ProtocolException if too many requests have followed from answers
     */
    Redirected redirected(Hop hop, Crossing crossing) throws ProtocolException {
        return new Redirected(new Hop(
                crossing.next(),
                FollowUps.following(hop.before(), crossing.answer()),
                FollowUps.checked(hop.followUps() + followUps),
                null));
    }

    void end() {
        over = true;
    }
}
