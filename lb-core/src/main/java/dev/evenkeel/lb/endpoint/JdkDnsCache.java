package dev.evenkeel.lb.endpoint;

import java.security.Security;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The JDK's cache of look-ups, which sits under {@link java.net.InetAddress} and cannot be bypassed.
 *
 * @param ttlSeconds how long an answer is kept; negative means for ever, as the JDK has it
 */
record JdkDnsCache(int ttlSeconds) {
    /** What the JDK uses when nothing is configured. */
    private static final int DEFAULT_SECONDS = 30;

    /** Returns the cache as this process configures it. */
    static JdkDnsCache current() {
        try {
            return configured(
                    Security.getProperty("networkaddress.cache.ttl"), System.getProperty("sun.net.inetaddr.ttl"));
        } catch (SecurityException e) {
            return new JdkDnsCache(-1); // there is a security manager, and then for ever is the default
        }
    }

    /** Returns the cache that the two properties configure; like the JDK, it skips one that is no number. */
    static JdkDnsCache configured(@Nullable String securityProperty, @Nullable String systemProperty) {
        return new JdkDnsCache(
                seconds(securityProperty).or(() -> seconds(systemProperty)).orElse(DEFAULT_SECONDS));
    }

    private static Optional<Integer> seconds(@Nullable String property) {
        try {
            return property == null ? Optional.empty() : Optional.of(Integer.decode(property));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    boolean isForever() {
        return ttlSeconds < 0;
    }

    /** Returns what to tell the user who wants a refresh this often; empty when the cache does not stand in the way. */
    Optional<String> advice(Duration interval) {
        if (!isForever() && Duration.ofSeconds(ttlSeconds).compareTo(interval) <= 0) {
            return Optional.empty();
        }
        String effect = isForever()
                ? "the JDK keeps DNS answers for ever, so no change will ever be seen"
                : "the JDK keeps DNS answers for " + ttlSeconds + " s, so changes are seen that much later";
        return Optional.of(effect + "; set the security property networkaddress.cache.ttl to at most "
                + Math.max(1, interval.toSeconds()) + " before the first look-up");
    }
}
