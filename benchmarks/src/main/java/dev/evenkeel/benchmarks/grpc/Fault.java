package dev.evenkeel.benchmarks.grpc;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** What happens to servers while calls are measured. */
enum Fault {
    NONE("nothing"),
    /** Its connections are dropped and it refuses new ones. */
    DOWN("one is killed"),
    UNAVAILABLE("one answers `UNAVAILABLE` at once"),
    SLOW("one is 10 × as slow"),
    /** One after the other goes gracefully, is away for 300 ms and comes back at its port. */
    ROLLING_RESTART("rolling restart"),
    ALL_UNAVAILABLE("all answer `UNAVAILABLE` at once");

    private final String words;

    Fault(String words) {
        this.words = words;
    }

    String words() {
        return words;
    }

    /** Plays it on a thread of its own. */
    void play(List<BusyServer> servers) throws InterruptedException, IOException {
        switch (this) {
            case NONE -> {}
            case DOWN -> servers.get(0).kill();
            case UNAVAILABLE -> servers.get(0).fail();
            case SLOW -> servers.get(0).slowDown(10);
            case ALL_UNAVAILABLE -> servers.forEach(BusyServer::fail);
            case ROLLING_RESTART -> {
                for (BusyServer server : servers) {
                    server.shutDown();
                    TimeUnit.MILLISECONDS.sleep(300);
                    server.startAgain();
                    TimeUnit.MILLISECONDS.sleep(700);
                }
            }
        }
    }
}
