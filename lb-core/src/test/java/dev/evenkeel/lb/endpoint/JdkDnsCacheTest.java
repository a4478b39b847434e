package dev.evenkeel.lb.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class JdkDnsCacheTest {
    private static final Duration INTERVAL = Duration.ofSeconds(10);

    @Test
    void theSecurityPropertyComesBeforeTheSystemPropertyAndTheDefaultIsHalfAMinute() {
        assertThat(JdkDnsCache.configured("5", "7").ttlSeconds()).isEqualTo(5);
        assertThat(JdkDnsCache.configured(null, "7").ttlSeconds()).isEqualTo(7);
        assertThat(JdkDnsCache.configured("five", "7").ttlSeconds()).isEqualTo(7);
        assertThat(JdkDnsCache.configured(null, null).ttlSeconds()).isEqualTo(30);
    }

    @Test
    void aCacheNoSlowerThanTheRefreshNeedsNoAdvice() {
        assertThat(new JdkDnsCache(0).advice(INTERVAL)).isEmpty();
        assertThat(new JdkDnsCache(10).advice(INTERVAL)).isEmpty();
    }

    @Test
    void aSlowerCacheIsNamedWithItsEffectAndTheRemedy() {
        assertThat(new JdkDnsCache(30).advice(INTERVAL))
                .hasValue("the JDK keeps DNS answers for 30 s, so changes are seen that much later; set the security"
                        + " property networkaddress.cache.ttl to at most 10 before the first look-up");
    }

    @Test
    void aCacheThatNeverExpiresIsNamedAsSuch() {
        assertThat(new JdkDnsCache(-1).isForever()).isTrue();
        assertThat(new JdkDnsCache(-1).advice(Duration.ofDays(1)))
                .hasValueSatisfying(advice -> assertThat(advice).contains("for ever, so no change will ever be seen"));
    }
}
