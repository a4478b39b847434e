package dev.evenkeel.lb.okhttp;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import okhttp3.Call;
import okhttp3.Callback;
import okhttp3.Response;

/** Asynchronous calls whose ends can be waited for. */
final class Enqueued {
    private Enqueued() {}

    /** Begins a call, and returns what will come of it: a status, or the message of an exception. */
    static CompletableFuture<String> end(Call call) {
        CompletableFuture<String> end = new CompletableFuture<>();
        call.enqueue(new Callback() {
            @Override
            public void onFailure(Call failed, IOException e) {
                end.complete(e.getMessage());
            }

            @Override
            public void onResponse(Call answered, Response response) {
                response.close();
                end.complete("" + response.code());
            }
        });
        return end;
    }
}
