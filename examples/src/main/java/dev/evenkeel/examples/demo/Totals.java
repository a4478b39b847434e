package dev.evenkeel.examples.demo;

/**
 * Counts since the start.
 *
 * @param callers the requests of callers that have ended
 * @param failures those that failed as the caller saw it
 * @param firstFailure how the first of them looked; empty if there is none
 * @param retries attempts beyond the first of a request
 * @param atServers requests that reached servers
 */
record Totals(Latencies callers, long failures, String firstFailure, long retries, long atServers) {
    long requests() {
        return callers.count();
    }

    /** Returns how many requests the servers got for each one of a caller. */
    double amplification() {
        return requests() == 0 ? 1 : (double) atServers / requests();
    }
}
