package dev.evenkeel.lb.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HostAndPortTest {
    @Property
    void whatIsFormattedIsParsedBack(@ForAll("hosts") String host, @ForAll @IntRange(min = 1, max = 65535) int port) {
        HostAndPort address = HostAndPort.of(host, port);

        HostAndPort parsed = HostAndPort.parse(address.toString());

        assertThat(parsed).isEqualTo(address).hasSameHashCodeAs(address);
        assertThat(parsed.host()).isEqualTo(host);
        assertThat(parsed.port()).isEqualTo(port);
        assertThat(parsed).hasToString(address.toString());
    }

    @Property
    void anyTextIsAnAddressOrRefusedInWords(@ForAll @StringLength(max = 300) String text) {
        assertParsedOrRefused(text);
    }

    @Property
    void anyTextOfTheRightCharactersIsAnAddressOrRefusedInWords(@ForAll("almostAddresses") String text) {
        assertParsedOrRefused(text);
    }

    @Property
    void ipv6IsWrittenSoThatTheJdkReadsTheSame(@ForAll @Size(16) byte[] bytes) throws UnknownHostException {
        assertThat(Ipv6.isAddress(Ipv6.format(bytes))).isTrue();
        assertThat(readByJdk(Ipv6.format(bytes))).isEqualTo(Inet6Address.getByAddress(null, bytes, -1));
    }

    @Property
    void mostlyZeroIpv6IsWrittenSoThatTheJdkReadsTheSame(@ForAll @Size(16) @IntRange(max = 1) Byte[] bits)
            throws UnknownHostException {
        byte[] bytes = new byte[16];
        for (int i = 0; i < 16; i++) {
            bytes[i] = bits[i];
        }

        assertThat(readByJdk(Ipv6.format(bytes))).isEqualTo(Inet6Address.getByAddress(null, bytes, -1));
    }

    @ParameterizedTest
    @CsvSource({
        "2001:db8:0:0:1:0:0:1, 2001:db8::1:0:0:1",
        "2001:0:0:1:0:0:0:1, 2001:0:0:1::1",
        "2001:db8:0:1:1:1:1:1, 2001:db8:0:1:1:1:1:1",
        "0:0:0:0:0:0:0:0, ::",
        "0:0:0:0:0:0:0:1, ::1",
        "1:0:0:0:0:0:0:0, 1::",
        "2001:DB8::ABCD, 2001:db8::abcd"
    })
    void ipv6IsWrittenAsRfc5952Recommends(String any, String recommended) throws UnknownHostException {
        assertThat(Ipv6.format(InetAddress.getByName(any).getAddress())).isEqualTo(recommended);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "::",
                "::1",
                "1::",
                "1:2:3:4:5:6:7:8",
                "1:2:3:4:5:6:7::",
                "::2:3:4:5:6:7:8",
                "::ffff:1.2.3.4",
                "1:2:3:4:5:6:1.2.3.4",
                "64:ff9b::192.0.2.33",
                "fe80::1%eth0",
                "fe80::1%2",
                "2001:DB8::A"
            })
    void ipv6InAllItsSpellingsIsTaken(String host) {
        assertThat(HostAndPort.parse("[" + host + "]:80").host()).isEqualTo(host);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                ":",
                ":::",
                "1",
                "1:2",
                "1:2:3:4:5:6:7",
                "1:2:3:4:5:6:7:8:9",
                "1::2::3",
                "12345::",
                "g::",
                "1:2:3:4:5:6:7:8::",
                "1.2.3.4::",
                "1.2.3.4::1",
                "1:1.2.3.4::",
                "::1.2.3",
                "::1.2.3.4.5",
                "::1.2.3.256",
                "::1.2.3.4:5",
                "fe80::1%",
                "fe80::1%a b",
                "1:2:3:4:5:6:7:1.2.3.4",
                "::01.2.3.4"
            })
    void whatIsNoIpv6IsRefused(String host) {
        assertThatThrownBy(() -> HostAndPort.parse("[" + host + "]:80"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("only an IPv6 address may stand in brackets");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''|it needs a port",
                "a|it needs a port",
                "a:|it needs a port",
                "[::1]|it needs a port",
                "a:b|it needs a port",
                "a:-1|it needs a port",
                "a:+80|it needs a port",
                "a:80 |it needs a port",
                "a:123456|it needs a port",
                "a:٣|it needs a port",
                "a:0|the port is 0, must be 1 to 65535",
                "a:65536|the port is 65536, must be 1 to 65535",
                ":80|the host is empty",
                "[]:80|only an IPv6 address may stand in brackets",
                "[10.0.0.1]:80|only an IPv6 address may stand in brackets",
                "::1:80|must stand in brackets",
                "http://a:80|must stand in brackets",
                "a b:80|neither a DNS name nor an IP address",
                "-a:80|neither a DNS name nor an IP address",
                "a-:80|neither a DNS name nor an IP address",
                "a..b:80|neither a DNS name nor an IP address",
                ".a:80|neither a DNS name nor an IP address",
                "a/b:80|neither a DNS name nor an IP address",
                "user@a:80|neither a DNS name nor an IP address",
                "ä:80|neither a DNS name nor an IP address",
                "10.0.0.256:80|neither a DNS name nor an IP address",
                "10.0.0:80|neither a DNS name nor an IP address",
                "10.0.0.1.:80|neither a DNS name nor an IP address",
                "10.0.0.01:80|neither a DNS name nor an IP address",
                "1:80|neither a DNS name nor an IP address"
            },
            ignoreLeadingAndTrailingWhitespace = false)
    void malformedAddressesAreRefusedWithTheReason(String address, String reason) {
        assertThatThrownBy(() -> HostAndPort.parse(address))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("address '" + address + "' is malformed")
                .hasMessageContaining(reason);
    }

    @ParameterizedTest
    @ValueSource(ints = {Integer.MIN_VALUE, -1, 0, 65536})
    void portsOutOfRangeAreRefused(int port) {
        assertThatThrownBy(() -> HostAndPort.of("orders", port))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("port of orders is " + port + ", must be 1 to 65535");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "[::1]", "a:80", "a b", "10.0.0.256"})
    void malformedHostsAreRefused(String host) {
        assertThatThrownBy(() -> HostAndPort.of(host, 80))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("is malformed");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "orders",
                "orders-1.svc.cluster.local.",
                "_sip._tcp.example",
                "a_b",
                "3com.example",
                "xn--bcher-kva"
            })
    void namesThatAreUsedInPracticeAreTaken(String host) {
        assertThat(HostAndPort.parse(host + ":80").host()).isEqualTo(host);
    }

    @Provide
    Arbitrary<String> hosts() {
        Arbitrary<String> label = Arbitraries.strings()
                .withCharRange('a', 'z')
                .withCharRange('0', '9')
                .ofMinLength(1)
                .ofMaxLength(10)
                .map(text -> "n" + text);
        Arbitrary<String> names = label.list().ofMinSize(1).ofMaxSize(5).map(labels -> String.join(".", labels));
        Arbitrary<Integer> octet = Arbitraries.integers().between(0, 255);
        Arbitrary<String> ipv4 =
                Combinators.combine(octet, octet, octet, octet).as((a, b, c, d) -> a + "." + b + "." + c + "." + d);
        Arbitrary<String> ipv6 =
                Arbitraries.bytes().array(byte[].class).ofSize(16).map(Ipv6::format);
        return Arbitraries.oneOf(names, ipv4, ipv6, ipv6.map(address -> address + "%eth0"));
    }

    @Provide
    Arbitrary<String> almostAddresses() {
        return Arbitraries.strings().withChars("a1fz.:[]%-_0").ofMaxLength(30).map(text -> text + ":80");
    }

    private static void assertParsedOrRefused(String text) {
        HostAndPort address;
        try {
            address = HostAndPort.parse(text);
        } catch (IllegalArgumentException e) {
            assertThat(e).hasMessageStartingWith("address ").message().hasSizeLessThan(250);
            return;
        }
        assertThat(HostAndPort.of(address.host(), address.port())).isEqualTo(address);
    }

    private static InetAddress readByJdk(String ipv6) throws UnknownHostException {
        InetAddress address = InetAddress.getByName("[" + ipv6 + "]");
        // The JDK reads an IPv4-mapped address as the IPv4 address.
        return address instanceof Inet6Address
                ? address
                : Inet6Address.getByAddress(null, mapped(address.getAddress()), -1);
    }

    private static byte[] mapped(byte[] ipv4) {
        byte[] bytes = new byte[16];
        bytes[10] = -1;
        bytes[11] = -1;
        System.arraycopy(ipv4, 0, bytes, 12, 4);
        return bytes;
    }
}
