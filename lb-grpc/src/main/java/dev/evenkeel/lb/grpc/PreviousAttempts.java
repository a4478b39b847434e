package dev.evenkeel.lb.grpc;

import io.grpc.Metadata;

/**
 * What an attempt's headers say in the header in which gRPC tells servers of the attempts before. Applications have no business with it, but
 * gateways forward it and libraries set it, with any text; gRPC then leaves that in place and adds its own. What others have put there is the same
 * for all attempts of a call, and gRPC's own comes last, so the two are told apart by comparing with the first attempt.
 */
final class PreviousAttempts {
    /** There is no such header, as in nearly all calls. */
    static final PreviousAttempts NONE = new PreviousAttempts(0, "");

    private static final Metadata.Key<String> HEADER =
            Metadata.Key.of("grpc-previous-rpc-attempts", Metadata.ASCII_STRING_MARSHALLER);
    private static final int MOST_DIGITS = 9;

    private final int values;
    private final String last;

    private PreviousAttempts(int values, String last) {
        this.values = values;
        this.last = last;
    }

    static PreviousAttempts in(Metadata headers) {
        Iterable<String> all = headers.getAll(HEADER);
        if (all == null) {
            return NONE;
        }
        int values = 0;
        String last = "";
        for (String value : all) {
            values++;
            last = value;
        }
        return new PreviousAttempts(values, last);
    }

    /**
     * Returns the number of an attempt, from 0 on.
     *
     * @param first what the first attempt of the call said of which we know, which counts as number 0
     */
    int number(PreviousAttempts first) {
        boolean isGrpcs = values > first.values || (values == first.values && !last.equals(first.last));
        boolean isNumber =
                !last.isEmpty() && last.length() <= MOST_DIGITS && last.chars().allMatch(c -> c >= '0' && c <= '9');
        return isGrpcs && isNumber ? Integer.parseInt(last) : 0;
    }
}
