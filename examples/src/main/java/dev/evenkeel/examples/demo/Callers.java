package dev.evenkeel.examples.demo;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;

/** The callers: each makes one request and notes what it saw. Safe for use by many threads. */
final class Callers {
    private final OkHttpClient client;
    private final Request request;
    private final Histogram latencies = new Histogram();
    private final RecentLatencies recent = new RecentLatencies();
    private final AtomicInteger underWay = new AtomicInteger();
    private long failures; // this and the next are guarded by this
    private String firstFailure = "";

    Callers(OkHttpClient client, Request request) {
        this.client = client;
        this.request = request;
    }

    /** Notes that a request is about to be made, before it has a thread. */
    void expectOne() {
        underWay.incrementAndGet();
    }

    /** Makes a request. Its latency counts from the time it was meant for, so that a late start is not hidden. */
    void call(long intendedNanos) {
        try (Response response = client.newCall(request).execute()) {
            response.body().bytes();
            if (!response.isSuccessful()) {
                failed("HTTP " + response.code());
            }
        } catch (IOException | RuntimeException e) {
            failed(e.toString());
        }
        long now = System.nanoTime();
        latencies.add(now - intendedNanos);
        recent.add(now, now - intendedNanos);
        underWay.decrementAndGet();
    }

    private void failed(String how) {
        failed(1, how);
    }

    private synchronized void failed(int count, String how) {
        if (failures == 0 && count > 0) {
            firstFailure = how;
        }
        failures += count;
    }

    /** Counts those who still wait as failed. */
    void giveUp() {
        failed(underWay.get(), "no answer");
    }

    synchronized long failures() {
        return failures;
    }

    /** Returns how the first failure looked, or nothing. */
    synchronized String firstFailure() {
        return firstFailure;
    }

    /** Returns the latencies of all requests that have ended, however they did. */
    Latencies latencies() {
        return latencies.read();
    }

    Latencies lastSecond(long nowNanos) {
        return recent.at(nowNanos);
    }
}
