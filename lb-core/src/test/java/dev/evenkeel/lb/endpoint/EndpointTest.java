package dev.evenkeel.lb.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EndpointTest {
    private final Endpoint endpoint = Endpoint.of("10.0.0.1:8080");

    @Test
    void hasDocumentedDefaults() {
        assertThat(endpoint.id()).isEqualTo("10.0.0.1:8080");
        assertThat(endpoint.weight()).isEqualTo(1);
        assertThat(endpoint.priority()).isZero();
        assertThat(endpoint.locality()).isEqualTo(Locality.UNKNOWN);
        assertThat(endpoint.isTerminating()).isFalse();
        assertThat(endpoint.metadata()).isEmpty();
    }

    @Test
    void isEqualHoweverItWasMade() {
        assertThat(Endpoint.of("10.0.0.1", 8080)).isEqualTo(endpoint).hasSameHashCodeAs(endpoint);
        assertThat(Endpoint.of("::1", 80)).isEqualTo(Endpoint.of("[::1]:80"));
    }

    @Test
    void anyOneDifferenceMakesItAnother() {
        List<UnaryOperator<Endpoint>> changes = List.of(
                before -> Endpoint.of("10.0.0.1:8081"),
                before -> Endpoint.of("10.0.0.2:8080"),
                before -> before.withId("orders-1"),
                before -> before.withWeight(2),
                before -> before.withLocality(new Locality("eu", "a")),
                before -> before.withPriority(1),
                before -> before.withTerminating(true),
                before -> before.withMetadata("version", "7"));

        assertThat(changes).allSatisfy(change -> {
            assertThat(change.apply(endpoint)).isNotEqualTo(endpoint);
            assertThat(change.apply(endpoint)).isEqualTo(change.apply(Endpoint.of("10.0.0.1:8080")));
        });
        assertThat(endpoint).isEqualTo(Endpoint.of("10.0.0.1:8080")).isNotEqualTo("10.0.0.1:8080");
    }

    @Test
    void changesKeepEverythingElse() {
        Endpoint full = endpoint.withMetadata("version", "7")
                .withTerminating(true)
                .withPriority(3)
                .withLocality(new Locality("eu", "a"))
                .withWeight(2.5)
                .withId("orders-1");

        assertThat(full.id()).isEqualTo("orders-1");
        assertThat(full.address()).isEqualTo("10.0.0.1:8080");
        assertThat(full.weight()).isEqualTo(2.5);
        assertThat(full.locality()).isEqualTo(new Locality("eu", "a"));
        assertThat(full.priority()).isEqualTo(3);
        assertThat(full.isTerminating()).isTrue();
        assertThat(full.metadata()).isEqualTo(Map.of("version", "7"));
        assertThat(full).hasToString("orders-1=10.0.0.1:8080");
    }

    @Test
    void metadataIsReplacedByKeyAndCannotBeChangedFromOutside() {
        Endpoint tagged = endpoint.withMetadata("version", "7").withMetadata("version", "8");

        assertThat(tagged.metadata()).isEqualTo(Map.of("version", "8"));
        assertThatThrownBy(() -> tagged.metadata().put("version", "9"))
                .isInstanceOf(UnsupportedOperationException.class);
    }

    @ParameterizedTest
    @ValueSource(
            doubles = {
                -Double.MIN_VALUE,
                -1,
                Double.NaN,
                Double.POSITIVE_INFINITY,
                Double.NEGATIVE_INFINITY,
                1_000_000.1
            })
    void weightsOutOfRangeAreRefused(double weight) {
        assertThatThrownBy(() -> endpoint.withWeight(weight))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("weight of 10.0.0.1:8080 is " + weight)
                .hasMessageContaining("must be from 0 to 1000000");
    }

    @Test
    void weightsUpToTheirLimitsAreTaken() {
        assertThat(endpoint.withWeight(Endpoint.MAX_WEIGHT).weight()).isEqualTo(Endpoint.MAX_WEIGHT);
        assertThat(endpoint.withWeight(Double.MIN_VALUE).weight()).isEqualTo(Double.MIN_VALUE);
        assertThat(endpoint.withWeight(0).weight()).isZero();
        assertThat(endpoint.withWeight(-0.0))
                .isEqualTo(endpoint.withWeight(0))
                .hasSameHashCodeAs(endpoint.withWeight(0));
    }

    @Test
    void hasTheServicesNameAndNoBasePathUnlessItIsSaid() {
        assertThat(endpoint.authority()).isEmpty();
        assertThat(endpoint.basePath()).isEmpty();

        Endpoint named = endpoint.withAuthority("API.eu.example.com:8443").withBasePath("/v2/");
        assertThat(named.authority()).hasValueSatisfying(authority -> {
            assertThat(authority).hasToString("api.eu.example.com:8443");
            assertThat(authority.host()).isEqualTo("api.eu.example.com");
            assertThat(authority.port()).hasValue(8443);
        });
        assertThat(named.basePath()).isEqualTo("/v2");
        assertThat(named.withWeight(2).withId("x").basePath()).isEqualTo("/v2");
        assertThat(named).isNotEqualTo(endpoint);
        assertThat(named.withAuthority("").withBasePath("/")).isEqualTo(endpoint);
        assertThat(named.isSameServerAs(endpoint)).isFalse();
        assertThat(named.isSameServerAs(named.withWeight(3))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"v2", "/v 2", "/v2?x", "/v2#x", "//x", "/a//b", "/../x", "/a/..", "/%zz", "/a\nb", "http://a/b"})
    void whatIsNoBasePathIsRefused(String path) {
        assertThatThrownBy(() -> endpoint.withBasePath(path))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("base_path is ")
                .hasMessageContaining("such as /v2");
    }

    @Test
    void aUrlInPlaceOfAnAddressSaysWhatToWrite() {
        for (String url : List.of("https://api.eu.example.com/v2", "http://api.eu.example.com:80")) {
            assertRefused(
                    () -> Endpoint.of(url),
                    "; write a URL as host:port, with authority (its host) and base_path (its path)");
        }
    }

    @Test
    void whatElseIsOutOfRangeIsRefusedByName() {
        assertRefused(() -> endpoint.withId(" "), "id of 10.0.0.1:8080 is empty");
        assertRefused(() -> endpoint.withId("x".repeat(257)), "257 characters, at most 256");
        assertRefused(() -> endpoint.withPriority(-1), "priority of 10.0.0.1:8080 is -1");
        assertRefused(() -> endpoint.withMetadata("k".repeat(257), "v"), "metadata key");
        assertRefused(() -> endpoint.withMetadata("key", "v".repeat(1025)), "1025 characters, at most 1024");
        assertRefused(() -> new Locality("r".repeat(257), ""), "region has 257 characters");
        assertRefused(() -> new Locality("", "z".repeat(257)), "zone has 257 characters");
    }

    @Test
    void atMost64MetadataEntriesAreTaken() {
        Endpoint full = endpoint;
        for (int i = 0; i < 64; i++) {
            full = full.withMetadata("key" + i, "value");
        }
        Endpoint last = full;

        assertRefused(() -> last.withMetadata("one more", "value"), "65 metadata entries, at most 64");
        assertThat(last.withMetadata("key0", "another").metadata()).hasSize(64);
    }

    @Test
    void longValuesAreShortenedInMessages() {
        assertThatThrownBy(() -> endpoint.withId("x".repeat(1_000_000)))
                .extracting(Throwable::getMessage)
                .asString()
                .hasSizeLessThan(200);
    }

    private static void assertRefused(Runnable construction, String messagePart) {
        assertThatThrownBy(construction::run)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(messagePart);
    }
}
