package dev.evenkeel.lb.okhttp;

import okhttp3.Call;
import org.jspecify.annotations.Nullable;

/** The latest {@link HedgedCall} of a call of the user's: there is another one if an interceptor before ours sends the call again. */
final class Races {
    private volatile @Nullable HedgedCall latest; // written by the call's thread

    static Races of(Call call) {
        return call.tag(Races.class, Races::new);
    }

    static @Nullable HedgedCall find(Call call) {
        Races races = call.tag(Races.class);
        return races == null ? null : races.latest;
    }

    void follow(HedgedCall race) {
        latest = race;
    }
}
