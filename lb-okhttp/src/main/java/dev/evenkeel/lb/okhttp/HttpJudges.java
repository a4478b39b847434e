package dev.evenkeel.lb.okhttp;

import dev.evenkeel.lb.call.Judgement;
import dev.evenkeel.lb.text.OneLine;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * The judges of a client's services. Whatever they do, an answer is never worse judged than without them; what goes wrong is logged once. Safe
 * for use by many threads.
 */
final class HttpJudges {
    static final HttpJudges NONE = new HttpJudges(Map.of(), List.of());

    private static final System.Logger LOG = System.getLogger(EvenkeelOkHttp.class.getName());

    private final Map<String, HttpJudge> byService;
    private final @Nullable HttpJudge ofAll;
    private final Set<String> said = ConcurrentHashMap.newKeySet();

    /**
     * Creates it.
     *
     * @param byService those of one service, which are asked first
     * @param ofAll those of all services
     */
    HttpJudges(Map<String, List<HttpJudge>> byService, List<HttpJudge> ofAll) {
        Map<String, HttpJudge> first = new HashMap<>();
        this.ofAll = ofAll.stream().reduce(HttpJudge::or).orElse(null);
        byService.forEach((service, judges) ->
                judges.stream().reduce(HttpJudge::or).ifPresent(judge -> first.put(service, judge)));
        this.byService = Map.copyOf(first);
    }

    /** Returns what an answer means by a judge; null if none says so. */
    @Nullable
    Judgement judge(Response answer) {
        if (ofAll == null && byService.isEmpty()) {
            return null;
        }
        String service = answer.request().url().host();
        Judgement judgement = ask(byService.get(service), answer, service);
        return judgement == null ? ask(ofAll, answer, service) : judgement;
    }

    /** Anything may be thrown, as the judge is not ours, and the attempt must not be lost by it. */
    private @Nullable Judgement ask(@Nullable HttpJudge judge, Response answer, String service) {
        try {
            return judge == null ? null : judge.judge(answer);
        } catch (Throwable e) {
            if (e instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
            if (said.add(service)) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        service
                                + ": an answer could not be judged by the judge that was set, and was judged by its status,"
                                + " HTTP " + answer.code() + ". It is logged only this once",
                        OneLine.of(e));
            }
            return null;
        }
    }
}
