package dev.evenkeel.lb.okhttp;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An OkHttp that cannot do it is refused at once, not at the first request. */
class OkHttpVersionTest {
    @ParameterizedTest
    @ValueSource(strings = {"3.14.9", "4.12.0", "5.0.0-alpha.14", "5.3.2"})
    void olderThanFiveFourIsRefusedWithAdvice(String version) {
        assertThatThrownBy(() -> OkHttpVersion.check(version))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(version)
                .hasMessageContaining("5.4.0 or newer");
    }

    @ParameterizedTest
    @ValueSource(strings = {"5.4.0", "5.5.1", "5.10.0", "6.0.0-SNAPSHOT", "our-own-build"})
    void newerIsWelcome(String version) {
        assertThatCode(() -> OkHttpVersion.check(version)).doesNotThrowAnyException();
    }
}
