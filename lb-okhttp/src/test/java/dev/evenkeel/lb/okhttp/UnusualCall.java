package dev.evenkeel.lb.okhttp;

import java.io.IOException;
import java.time.Duration;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import okhttp3.Call;
import okhttp3.Callback;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import okhttp3.WebSocket;
import okhttp3.WebSocketListener;
import okio.BufferedSink;

/** Makes calls with whatever can happen to one, drawn at random. */
final class UnusualCall {
    /** Longer than any call takes, on a machine of which others leave a quarter. */
    static final Duration GENEROUS = Duration.ofSeconds(3);

    private static final int PATIENCE_SECONDS = 60;

    private final OkHttpClient client;
    private final Random random;
    private final ScheduledExecutorService timer;
    private final boolean hedged;
    private final boolean webSockets;
    private final Queue<Call> inTime; // what ended well within its deadline
    private final Queue<String> wrong;

    UnusualCall(
            OkHttpClient client,
            Random random,
            ScheduledExecutorService timer,
            boolean hedged,
            boolean webSockets,
            Queue<Call> inTime,
            Queue<String> wrong) {
        this.client = client;
        this.random = random;
        this.timer = timer;
        this.hedged = hedged;
        this.webSockets = webSockets;
        this.inTime = inTime;
        this.wrong = wrong;
    }

    private void within(int micros, Runnable task) {
        var unused = timer.schedule(task, random.nextInt(micros), TimeUnit.MICROSECONDS);
    }

    private boolean oneIn(int n) {
        return random.nextInt(n) == 0;
    }

    private static <T> T pick(Random random, T[] values) {
        return values[random.nextInt(values.length)];
    }

    /** Makes a call and returns when it has ended. */
    void make() {
        if (webSockets && oneIn(10)) {
            chat();
            return;
        }
        boolean sync = !oneIn(4);
        Saboteur.Act act = oneIn(3) ? pick(random, Saboteur.Act.values()) : Saboteur.Act.NOTHING;
        Saboteur.Act allowed = isFair(act, sync) ? act : Saboteur.Act.NOTHING;
        Duration deadline = oneIn(3) ? (oneIn(2) ? GENEROUS : Duration.ofMillis(1 + random.nextInt(150))) : null;
        Call call = client.newCall(request(deadline, allowed));
        boolean undisturbed = allowed == Saboteur.Act.NOTHING;
        if (oneIn(5) && allowed != Saboteur.Act.EVENT_FAILED) { // which would leave it to the garbage collector
            call.timeout().timeout(5 + random.nextInt(200), TimeUnit.MILLISECONDS);
            undisturbed = false;
        }
        if (oneIn(5)) {
            within(40_000, call::cancel);
            undisturbed = false;
        }
        boolean interrupted = sync && oneIn(6);
        Told told = new Told(call, deadline, undisturbed && !interrupted);
        if (!sync) {
            enqueue(told);
        } else if (interrupted) {
            Interrupt interrupt = new Interrupt();
            try {
                execute(told);
            } finally {
                interrupt.clear();
            }
        } else {
            execute(told);
        }
    }

    /**
     * An error of an event listener on OkHttp's own threads ends them. And the end of a hedged call comes with its header, so that a
     * listener which throws then takes the response away from its caller: that is a leak, and is counted as one.
     */
    private boolean isFair(Saboteur.Act act, boolean sync) {
        return act == Saboteur.Act.EVENT_END
                ? sync && !hedged
                : sync || !act.name().startsWith("EVENT");
    }

    /**
     * A call.
     *
     * @param undisturbed whether nothing but a deadline can cut it off
     */
    private record Told(Call call, Duration deadline, boolean undisturbed) {}

    private Request request(Duration deadline, Saboteur.Act act) {
        int number = random.nextInt(1_000);
        Request.Builder request = Fleet.get("/" + random.nextInt(20))
                .newBuilder()
                .header(Mood.NUMBER, "" + number)
                .header(Mood.HEADER, pick(random, Mood.values()).name())
                .header(Saboteur.HEADER, act.name());
        if (deadline != null) {
            request.tag(CallSettings.class, CallSettings.DEFAULT.withDeadline(deadline));
        }
        return switch (random.nextInt(6)) {
            case 0 -> request.put(new Unsteady(random.nextInt(8))).build();
            case 1 -> request.post(new Unsteady(random.nextInt(8))).build();
            case 2 -> request.head().build();
            case 3 -> request.delete().build();
            default -> request.build();
        };
    }

    /** A body whose writing may fail. */
    private static final class Unsteady extends RequestBody {
        private final int how;

        Unsteady(int how) {
            this.how = how;
        }

        @Override
        public MediaType contentType() {
            return null;
        }

        @Override
        public void writeTo(BufferedSink sink) throws IOException {
            sink.writeUtf8("first half").flush();
            switch (how) {
                case 0 -> throw new IOException("the file is gone");
                case 1 -> throw new StackOverflowError("in a body");
                default -> sink.writeUtf8("second half");
            }
        }
    }

    private void execute(Told told) {
        try (Response response = told.call().execute()) {
            consume(told, response);
        } catch (Throwable e) { // that it comes is the point
            check(told, e);
        }
    }

    private void consume(Told told, Response response) throws IOException {
        switch (random.nextInt(4)) {
            case 0 -> response.body().source().request(10);
            case 1 -> response.close();
            default -> {
                response.body().bytes();
                if (GENEROUS.equals(told.deadline()) && told.undisturbed()) {
                    inTime.add(told.call());
                }
            }
        }
    }

    private void check(Told told, Throwable failure) {
        boolean inOkHttpsWords = "Canceled".equals(failure.getMessage());
        if (told.undisturbed() && inOkHttpsWords) {
            wrong.add("a deadline that passed threw " + failure);
        }
    }

    private void enqueue(Told told) {
        CountDownLatch end = new CountDownLatch(1);
        told.call().enqueue(new Callback() {
            @Override
            public void onFailure(Call call, IOException e) {
                check(told, e);
                end.countDown();
            }

            @Override
            public void onResponse(Call call, Response response) {
                try (response) {
                    response.body().bytes();
                } catch (IOException e) {
                    check(told, e);
                } finally {
                    end.countDown();
                }
            }
        });
        await(end, "an asynchronous call");
    }

    private void await(CountDownLatch end, String what) {
        try {
            if (!end.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                wrong.add(what + " has not ended");
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private void chat() {
        CountDownLatch end = new CountDownLatch(1);
        int how = random.nextInt(4);
        Duration deadline = oneIn(2) ? Duration.ofMillis(1 + random.nextInt(150)) : GENEROUS;
        Request request = request(deadline, Saboteur.Act.NOTHING)
                .newBuilder()
                .url(Fleet.get("/chat").url())
                .get()
                .build();
        WebSocket socket = client.newWebSocket(request, new WebSocketListener() {
            @Override
            public void onOpen(WebSocket open, Response response) {
                open.send(how == 0 ? "drop" : "hello");
            }

            @Override
            public void onMessage(WebSocket open, String text) {
                if (how == 1) {
                    open.cancel();
                } else {
                    open.close(1000, null);
                }
            }

            @Override
            public void onClosing(WebSocket open, int code, String reason) {
                open.close(code, null);
            }

            @Override
            public void onClosed(WebSocket open, int code, String reason) {
                end.countDown();
            }

            @Override
            public void onFailure(WebSocket open, Throwable failure, Response response) {
                if (response != null) {
                    response.close();
                }
                end.countDown();
            }
        });
        if (how == 2) {
            within(20_000, socket::cancel);
        }
        await(end, "a WebSocket of kind " + how + ", " + request.headers() + request.tag(CallSettings.class));
    }

    /** Interrupts this thread at some time, if it has not ended before; afterwards it has not been. */
    private final class Interrupt {
        private final Thread thread = Thread.currentThread();
        private boolean over; // guarded by this

        Interrupt() {
            within(40_000, this::strike);
        }

        private synchronized void strike() {
            if (!over) {
                thread.interrupt();
            }
        }

        void clear() {
            synchronized (this) {
                over = true;
            }
            boolean unused = Thread.interrupted();
        }
    }
}
