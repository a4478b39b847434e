package dev.evenkeel.lb.okhttp;

import java.util.function.Predicate;
import okhttp3.Call;
import okhttp3.EventListener;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/** A request for a host that is no service, on its way through: it is taken off that way by a redirect to a service. Used by the call's thread. */
final class Passage extends EventListener {
    private final Predicate<String> isService;
    private boolean over;
    private int followUps;

    Passage(Predicate<String> isService) {
        this.isService = isService;
    }

    @Override
    public void followUpDecision(Call call, Response response, @Nullable Request next) {
        if (over || next == null) {
            return;
        }
        followUps++;
        if (isService.test(next.url().host())) {
            throw new Crossing(response, next);
        }
    }

    int followUps() {
        return followUps;
    }

    void end() {
        over = true;
    }
}
