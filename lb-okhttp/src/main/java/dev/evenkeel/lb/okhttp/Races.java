package dev.evenkeel.lb.okhttp;

import kotlin.jvm.JvmClassMappingKt;
import kotlin.reflect.KClass;
import okhttp3.Call;
import org.jspecify.annotations.Nullable;

/** The latest {@link HedgedCall} of a call of the user's: there is another one if an interceptor before ours sends the call again. */
final class Races {
    private static final KClass<Races> RACES = JvmClassMappingKt.getKotlinClass(Races.class);

    private volatile @Nullable HedgedCall latest; // written by the call's thread

    static Races of(Call call) {
        return call.tag(RACES, Races::new);
    }

    /** What is sent next is sent one by one, by the call itself. */
    static void leave(Call call) {
        Races races = call.tag(RACES);
        if (races != null) {
            races.latest = null;
        }
    }

    static @Nullable HedgedCall find(Call call) {
        Races races = call.tag(RACES);
        return races == null ? null : races.latest;
    }

    void follow(HedgedCall race) {
        latest = race;
    }
}
