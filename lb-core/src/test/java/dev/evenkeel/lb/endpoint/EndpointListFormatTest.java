package dev.evenkeel.lb.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EndpointListFormatTest {
    private static final Endpoint FULL = Endpoint.of("10.0.0.1:8080")
            .withId("orders-1")
            .withWeight(2.5)
            .withLocality(new Locality("eu", "a"))
            .withPriority(1)
            .withTerminating(true)
            .withMetadata("version", "7=8");

    @Test
    void textHoldsOneEndpointALine() {
        String text = """
                # the orders service
                10.0.0.1:8080  weight=2.5 zone=a region=eu priority=1 id=orders-1 terminating=true version=7=8 # comment

                \torders-2.svc:80 zone=\r
                [2001:db8::1]:80
                """;

        assertThat(parse(text)).containsExactly(FULL, Endpoint.of("orders-2.svc:80"), Endpoint.of("[2001:db8::1]:80"));
    }

    @Test
    void jsonHoldsAddressesAndObjects() {
        String full = """
                {"metadata": {"version": "7=8"}, "weight": 25e-1, "zone": "\\u0061", "region": "eu", "priority": 1,
                 "id": "orders-1", "terminating": true, "address": "10.0.0.1:8080"}""";

        assertThat(parse("[\"[::1]:80\", " + full + "]")).containsExactly(Endpoint.of("[::1]:80"), FULL);
        assertThat(parse("\n{\"endpoints\": [" + full + "]}\n")).containsExactly(FULL);
    }

    @ParameterizedTest
    @ValueSource(strings = {"[]", " [ ] ", "{\"endpoints\": []}", "# nobody\n", "\n  # nobody\n\n"})
    void anEmptyListIsEmptyWhenItSaysSo(String text) {
        assertThat(parse(text)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\n", " \r\n\t", "\uFEFF"})
    void aTextWithNothingInItIsHalfWritten(String text) {
        assertRefused(text, "half-written");
    }

    @Test
    void aTextWithoutAFinalLineEndIsCompleteOnceItHasSettled() {
        assertThat(EndpointListFormat.parse("a:1\nb:1 weight=2", true).endpoints())
                .containsExactly(Endpoint.of("a:1"), Endpoint.of("b:1").withWeight(2));
        assertThat(EndpointListFormat.parse("# none", true).endpoints()).isEmpty();
        assertThatThrownBy(() -> EndpointListFormat.parse("[\"a:1\"", true)).hasMessageContaining("half-written");
        assertThatThrownBy(() -> EndpointListFormat.parse("", true)).hasMessageContaining("half-written");
    }

    @Test
    void aByteOrderMarkIsSkipped() {
        assertThat(parse("\uFEFF[\"a:1\"]")).containsExactly(Endpoint.of("a:1"));
        assertThat(parse("\uFEFFa:1\n")).containsExactly(Endpoint.of("a:1"));
    }

    @Test
    void aListThatBeginsWithABracketIsTextWhenAnIpv6AddressFollows() {
        assertThat(parse("[::1]:80\n")).containsExactly(Endpoint.of("[::1]:80"));
        assertThat(parse("[fe80::1%eth0]:80\n")).containsExactly(Endpoint.of("[fe80::1%eth0]:80"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a:1|line 1 has no line end|half-written",
                "a:1~b:1|line 2 has no line end|half-written",
                "~b~|line 2: address 'b'|it needs a port",
                "~~# x~b:0~|line 4|the port is 0, must be 1 to 65535",
                "a:70000~|line 1|must be 1 to 65535",
                "a:1 weight=-2~|line 1|weight of a:1 is -2.0, must be from 0 to 1000000",
                "a:1 weight=NaN~|line 1: weight is 'NaN'|must be a number from 0 to 1000000",
                "a:1 weight=1e999~|line 1: weight|must be from 0 to 1000000",
                "a:1 weight=1d~|line 1: weight is '1d'|must be a number",
                "a:1 weight=~|line 1: weight is ''|must be a number",
                "a:1 weight=1 weight=1~|line 1: key 'weight'|twice",
                "a:1 k=1 k=2~|line 1: key 'k'|twice",
                "a:1 priority=1.5~|line 1: priority is '1.5'|must be a whole number from 0",
                "a:1 priority=-1~|line 1: priority is '-1'|must be a whole number from 0",
                "a:1 priority=9999999999~|line 1: priority|must be a whole number from 0",
                "a:1 terminating=yes~|line 1: terminating is 'yes'|must be true or false",
                "a:1 id=~|line 1: id of a:1 is empty|must name the endpoint",
                "a:1 b:1~|line 1: 'b:1' is not allowed|id, weight, priority, region, zone, terminating",
                "a:1 =x~|line 1: '=x' is not allowed|key=value",
                "weight=2 a:1~|line 1: address 'weight=2'|it needs a port"
            })
    void textThatCannotBeUsedIsRefusedWithLineValueAndWhatIsAllowed(String text, String what, String why) {
        assertRefused(text.replace('~', '\n'), what, why);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "[|line 1, column 2|half-written",
                "{|line 1, column 2|half-written",
                "[\"a:1|line 1, column 6|half-written",
                "[\"a:1\"|line 1, column 7|half-written",
                "[\"a:1\",|line 1, column 8|half-written",
                "{\"endpoints\"|line 1, column 13|half-written",
                "{\"endpoints\":[]|line 1, column 16|half-written",
                "{}|line 1, column 1|has no endpoints",
                "{\"hosts\":[]}|line 1, column 1|the object has no endpoints",
                "{\"endpoints\":[],\"endpoints\":[]}|column 17: key 'endpoints'|twice",
                "{\"endpoints\":{}}|column 14|found '{', should be an array",
                "[\"a:1\",]|column 8|found ']', should be an endpoint",
                "[ 1]|column 3|found '1', should be an endpoint",
                "[null]|column 2|found 'null', should be an endpoint",
                "[[]]|column 2|found '[', should be an endpoint",
                "[] []|column 4|found '[', should be the end",
                "[\"a:1\"] x|column 9|found 'x', should be the end",
                "[\"a:1\" \"b:1\"]|column 8|should be ',' or ']'",
                "['a:1']|column 2|should be an endpoint",
                "[~ \"b\"]|line 2, column 2: address 'b'|it needs a port",
                "[{}]|column 2|the endpoint has no address",
                "[{\"weight\":1}]|column 2|the endpoint has no address",
                "[{\"address\":1}]|column 13|found '1', should be a string for address",
                "[{\"address\":\"a:1\",\"address\":\"a:1\"}]|column 19: key 'address'|twice",
                "[{\"address\":\"a:1\",\"weight\":\"1\"}]|column 28|should be a number for weight",
                "[{\"address\":\"a:1\",\"weight\":01}]|column 28|should be a value",
                "[{\"address\":\"a:1\",\"weight\":.5}]|column 28|should be a value",
                "[{\"address\":\"a:1\",\"weight\":NaN}]|column 28|should be a value",
                "[{\"address\":\"a:1\",\"weight\":-1}]|column 2: weight of a:1 is -1.0|must be from 0 to",
                "[{\"address\":\"a:1\",\"priority\":1.5}]|column 2: priority is '1.5'|must be a whole number",
                "[{\"address\":\"a:1\",\"terminating\":1}]|column 33|should be true or false for terminating",
                "[{\"address\":\"a:1\",\"terminating\":truely}]|column 33|found 'truely', should be a value",
                "[\"\\x\"]|column 3|'\\x' is no escape of JSON",
                "[\"\\u00g0\"]|column 7|'g' is no hexadecimal digit",
                "[\"~\"]|column 3|control character"
            })
    void jsonThatCannotBeUsedIsRefusedWithPositionValueAndWhatIsAllowed(String text, String what, String why) {
        assertRefused(text.replace('~', '\n'), what, why);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a~|line 2: address 'a' is malformed|the line is left out",
                "b:1 weight=-1~|line 2: weight of b:1 is -1.0|the line is left out",
                "b:1 c:1~|line 2: 'c:1' is not allowed|the line is left out",
                "b:1 k=1 k=2~|line 2: key 'k' stands there twice|the line is left out"
            })
    void oneBadLineIsLeftOutAndNamed(String line, String what, String consequence) {
        Report.Found found =
                EndpointListFormat.parse("a:1~".replace('~', '\n') + line.replace('~', '\n') + "z:1\n", false);

        assertThat(found.endpoints()).containsExactly(Endpoint.of("a:1"), Endpoint.of("z:1"));
        assertThat(found.omissions().count()).isEqualTo(1);
        assertThat(found.omissions()).asString().contains(what, consequence);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"b\"|line 2, column 2: address 'b' is malformed",
                "1|line 2, column 2: found '1', should be an endpoint",
                "null|line 2, column 2: found 'null', should be an endpoint",
                "[\"b:1\"]|line 2, column 2: found '[', should be an endpoint",
                "{}|line 2, column 2: the endpoint has no address",
                "{\"address\":\"b:1\",\"address\":\"b:2\"}|line 2, column 19: key 'address' stands there twice",
                "{\"address\":\"b:1\",\"weight\":\"1\"}|line 2, column 28: found '\"1\"', should be a number for weight",
                "{\"address\":\"b:1\",\"weight\":-1}|line 2, column 2: weight of b:1 is -1.0",
                "{\"address\":\"b:1\",\"id\":[{\"a\":[]}]}|line 2, column 24: found '[', should be a string for id"
            })
    void oneBadElementIsLeftOutAndNamed(String element, String what) {
        Report.Found found = EndpointListFormat.parse("[\"a:1\",\n " + element + ",\n\"z:1\"]", false);

        assertThat(found.endpoints()).containsExactly(Endpoint.of("a:1"), Endpoint.of("z:1"));
        assertThat(found.omissions().count()).isEqualTo(1);
        assertThat(found.omissions()).asString().startsWith(what).endsWith("; the endpoint is left out");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"wieght\":1|column 19: key 'wieght' is unknown, allowed are address, id, weight",
                "\"ports\":[{\"name\":\"http\"}]|column 19: key 'ports' is unknown",
                "\"metadata\":[]|column 30: found '[', should be an object; the rest of the metadata is left out",
                "\"metadata\":{\"k\":null}|column 35: found 'null', should be a string for 'k'; the metadata entry is left out",
                "\"metadata\":{\"k\":{}}|column 35: found '{', should be a string for 'k'"
            })
    void whatIsBadInAnEndpointIsLeftOutWithoutTheEndpoint(String member, String what) {
        Report.Found found = EndpointListFormat.parse("[{\"address\":\"a:1\"," + member + ",\"zone\":\"z\"}]", false);

        assertThat(found.endpoints()).containsExactly(Endpoint.of("a:1").withLocality(new Locality("", "z")));
        assertThat(found.omissions().count()).isEqualTo(1);
        assertThat(found.omissions()).asString().contains(what);
    }

    @Test
    void oneBadMetadataEntryCostsNoOther() {
        String tooLong = "v".repeat(1025);
        assertThat(parse("[{\"address\":\"a:1\",\"metadata\":{\"k\":\"v\",\"long\":\"" + tooLong
                        + "\",\"n\":7,\"b\":true}}]"))
                .containsExactly(Endpoint.of("a:1")
                        .withMetadata("k", "v")
                        .withMetadata("n", "7")
                        .withMetadata("b", "true"));
        Report.Found text = EndpointListFormat.parse("a:1 k=v long=" + tooLong + " Zone=x\n", false);
        assertThat(text.endpoints()).containsExactly(Endpoint.of("a:1").withMetadata("k", "v"));
        assertThat(text.omissions().reasons())
                .satisfiesExactly(
                        reason -> assertThat(reason)
                                .contains("line 1: metadata value of a:1 for long has 1025 characters"),
                        reason -> assertThat(reason).contains("key 'Zone' must be written zone; the key is left out"));
    }

    @Test
    void nullIsAsIfTheKeyWereNotThere() {
        assertThat(parse("[{\"address\":\"a:1\",\"zone\":null,\"weight\":null,\"metadata\":null}]"))
                .containsExactly(Endpoint.of("a:1"));
    }

    @Test
    void anUnknownKeyBesideTheListIsLeftOutAndNamed() {
        Report.Found found = EndpointListFormat.parse("{\"version\": {\"a\": [1]}, \"endpoints\": [\"a:1\"]}", false);

        assertThat(found.endpoints()).containsExactly(Endpoint.of("a:1"));
        assertThat(found.omissions().reasons())
                .containsExactly(
                        "line 1, column 2: key 'version' is unknown, only endpoints is allowed here; the key is left out");
    }

    @Test
    void ofManyBadEntriesTheFirstFiveAreNamedAndAllAreCounted() {
        Report.Found text = EndpointListFormat.parse("a:1\n" + "b\n".repeat(90_000), false);
        assertThat(text.omissions().count()).isEqualTo(90_000);
        assertThat(text.omissions())
                .asString()
                .contains("line 6: ")
                .doesNotContain("line 7: ")
                .endsWith("and 89995 more");

        Report.Found json = EndpointListFormat.parse("[\"a:1\"" + ",\n\"b\"".repeat(90_000) + "]", false);
        assertThat(json.omissions().count()).isEqualTo(90_000);
        assertThat(json.omissions().reasons()).hasSize(5);
    }

    @Test
    void deepNestingIsRefusedAtTheFirstLevelThatMeansNothing() {
        assertRefused("[".repeat(1_000_000), "line 1, column 12", "nested more than 10 deep");
        assertRefused("{\"endpoints\":".repeat(100_000), "found '{', should be an array");
    }

    @Test
    void aNumberOfAMillionDigitsIsRefusedWithAShortMessage() {
        String digits = "9".repeat(1_000_000);

        assertRefused("[{\"address\": \"a:1\", \"weight\": " + digits + "}]", "should be a number for weight");
        assertRefused("a:1 weight=" + digits + "\n", "must be a number");
        assertRefused("a:1 priority=" + digits + "\n", "must be a whole number");
        assertRefused("a:1 terminating=" + digits + "\n", "must be true or false");
        assertRefused(digits + ":1\n", "characters, at most 256");
        assertRefused("[\"" + digits + "\"]", "characters, at most 256");
        assertRefused("{\"" + digits + "\": 1}", "has no endpoints");
    }

    @Test
    void moreThanAHundredThousandEndpointsAreRefused() {
        assertThat(parse("a:1\n".repeat(100_000))).hasSize(100_000);
        assertRefused("a:1\n".repeat(100_001), "more than 100000 endpoints");
        assertRefused("[" + "\"a:1\",".repeat(100_001) + "\"a:1\"]", "more than 100000 endpoints");
    }

    @Test
    void messagesStayOnOneLine() {
        assertThatThrownBy(() -> parse("a:1 \u0007\u0000\n"))
                .hasMessageStartingWith("no entry can be used: line 1: '??' is not allowed");
        assertThatThrownBy(() -> parse("[\"a\\nb:1\"]")).hasMessageContaining("'a?b:1'");
    }

    @Property
    void whatIsWrittenAsTextIsReadBack(@ForAll("endpoints") List<Endpoint> endpoints) {
        StringBuilder text = new StringBuilder("# list\n");
        for (Endpoint endpoint : endpoints) {
            text.append(endpoint.address())
                    .append(" id=" + endpoint.id())
                    .append(" weight=" + endpoint.weight())
                    .append(" priority=" + endpoint.priority())
                    .append(" terminating=" + endpoint.isTerminating())
                    .append(" region=" + endpoint.locality().region())
                    .append(" zone=" + endpoint.locality().zone());
            endpoint.metadata().forEach((key, value) -> text.append(" " + key + "=" + value));
            text.append('\n');
        }

        assertThat(parse(text.toString())).isEqualTo(endpoints);
    }

    @Property
    void aValidListWithOneCharacterChangedIsAListOrRefused(
            @ForAll("validLists") String list, @ForAll @IntRange(max = 1000) int where, @ForAll char what) {
        StringBuilder text = new StringBuilder(list);
        text.setCharAt(where % text.length(), what);

        assertListOrRefused(text.toString());
    }

    @Property
    void aJsonListCutOffAnywhereIsRefused(@ForAll @IntRange(max = 200) int length) {
        String list = "{\"endpoints\": [\"a:1\", {\"address\": \"b:1\", \"weight\": 1.5, \"terminating\": false,"
                + " \"metadata\": {\"\\u006b\": \"\\n\"}}]}";

        assertThatThrownBy(() -> parse(list.substring(0, length % list.length())))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Property
    void anyTextIsAListOrRefused(@ForAll String text) {
        assertListOrRefused(text);
        assertListOrRefused(text + "\n");
    }

    @Property
    void anySequenceOfJsonTokensIsAListOrRefused(@ForAll("jsonTokens") String text) {
        assertListOrRefused(text);
    }

    @Provide
    Arbitrary<String> jsonTokens() {
        return Arbitraries.of(
                        "[",
                        "]",
                        "{",
                        "}",
                        ",",
                        ":",
                        "\"endpoints\"",
                        "\"address\"",
                        "\"a:1\"",
                        "\"weight\"",
                        "1",
                        "-0",
                        "1e9",
                        "true",
                        "null",
                        "\"metadata\"",
                        "\"",
                        "\\",
                        "\\u12",
                        " ",
                        "\n")
                .list()
                .ofMaxSize(30)
                .map(tokens -> String.join("", tokens));
    }

    @Provide
    Arbitrary<String> validLists() {
        return Arbitraries.of(
                "10.0.0.1:8080 weight=2 zone=a id=x k=v # c\n[::1]:80\n",
                "[\"a:1\", {\"address\": \"b:1\", \"weight\": 1.5, \"metadata\": {\"k\": \"v\\u0020\"}}]",
                "{\"endpoints\": [{\"address\": \"[::1]:80\", \"terminating\": true}]}");
    }

    @Provide
    Arbitrary<List<Endpoint>> endpoints() {
        Arbitrary<String> name = Arbitraries.strings()
                .withCharRange('!', '~')
                .ofMinLength(1)
                .ofMaxLength(20)
                .filter(t -> !t.startsWith("#"));
        Arbitrary<String> key =
                Arbitraries.strings().withCharRange('a', 'd').ofMinLength(1).ofMaxLength(5);
        return Combinators.combine(
                        name,
                        Arbitraries.doubles().between(0, 1e6).ofScale(6),
                        Arbitraries.integers().between(0, 999_999_999),
                        Arbitraries.of(true, false),
                        name,
                        Arbitraries.maps(key, name).ofMaxSize(5))
                .as((id, weight, priority, terminating, zone, metadata) -> {
                    Endpoint endpoint = Endpoint.of("[2001:db8::1]:80")
                            .withId(id)
                            .withWeight(weight)
                            .withPriority(priority)
                            .withTerminating(terminating)
                            .withLocality(new Locality("eu", zone));
                    for (var entry : metadata.entrySet()) {
                        endpoint = endpoint.withMetadata(entry.getKey(), entry.getValue());
                    }
                    return endpoint;
                })
                .list()
                .ofMaxSize(5);
    }

    private static List<Endpoint> parse(String text) {
        return EndpointListFormat.parse(text, false).endpoints();
    }

    private static void assertListOrRefused(String text) {
        try {
            assertThat(parse(text)).doesNotContainNull();
        } catch (IllegalArgumentException e) {
            assertThat(e).message().isNotBlank().hasSizeLessThan(400);
        }
    }

    private static void assertRefused(String text, String... messageParts) {
        assertThatThrownBy(() -> parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .satisfies(e -> assertThat(e).message().contains(messageParts).hasSizeLessThan(400));
    }
}
