package dev.evenkeel.lb.okhttp;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/** How long a server asks to be left alone: the header {@code Retry-After}, RFC 9110 §10.2.3. */
final class RetryAfter {
    /** A server may shut itself out, but not for ever. */
    private static final Duration LONGEST = Duration.ofDays(1);

    private static final int DIGITS = 9;

    private RetryAfter() {}

    /** Returns the pause that a response asks for: zero if it asks for none, or in a way that cannot be understood. */
    static Duration of(Response response) {
        String value = response.header("Retry-After");
        if (value == null) {
            return Duration.ZERO;
        }
        Duration pause = isNumber(value) ? seconds(value) : until(value, response);
        if (pause == null || pause.isNegative()) {
            return Duration.ZERO;
        }
        return pause.compareTo(LONGEST) > 0 ? LONGEST : pause;
    }

    private static boolean isNumber(String value) {
        return !value.isEmpty() && value.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    private static Duration seconds(String digits) {
        return digits.length() > DIGITS ? LONGEST : Duration.ofSeconds(Integer.parseInt(digits));
    }

    /** A date is compared with the server's own clock where it tells, so that a wrong clock here does no harm. */
    private static @Nullable Duration until(String date, Response response) {
        Instant end = parse(date);
        String serverDate = response.header("Date");
        Instant serverNow = serverDate == null ? null : parse(serverDate);
        Instant now = serverNow == null ? Instant.ofEpochMilli(response.receivedResponseAtMillis()) : serverNow;
        return end == null ? null : Duration.between(now, end);
    }

    private static @Nullable Instant parse(String date) {
        try {
            return ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME)
                    .toInstant();
        } catch (DateTimeException e) {
            return null;
        }
    }
}
