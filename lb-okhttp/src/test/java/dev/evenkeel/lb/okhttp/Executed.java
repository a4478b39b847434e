package dev.evenkeel.lb.okhttp;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;
import mockwebserver3.MockResponse;
import mockwebserver3.RecordedRequest;

/** The servers' side of the story: which of a crowd's calls were executed, and how often. Shared by all servers of a fleet. */
final class Executed {
    private final Map<Integer, AtomicInteger> times = new ConcurrentHashMap<>();

    /** Returns a server's behaviour that executes each request and answers so. */
    Function<RecordedRequest, MockResponse> then(Supplier<MockResponse> answer) {
        return request -> {
            execute(request);
            return answer.get();
        };
    }

    void execute(RecordedRequest request) {
        execute(Integer.parseInt(request.getHeaders().get(Crowd.NUMBER)));
    }

    void execute(int number) {
        times.computeIfAbsent(number, key -> new AtomicInteger()).incrementAndGet();
    }

    int times(int number) {
        AtomicInteger counted = times.get(number);
        return counted == null ? 0 : counted.get();
    }

    int times(Crowd.Told call) {
        return times(call.number());
    }
}
