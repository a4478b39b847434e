package dev.evenkeel.lb.endpoint;

import java.util.regex.Pattern;

/** A checked network address. Its text form is made once, because maps are keyed by it. */
final class HostAndPort {
    private static final Pattern NAME = Pattern.compile(
            "[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*\\.?");
    private static final Pattern LOOKS_LIKE_IPV4 = Pattern.compile("[0-9.]+");

    /** No leading zeros: some read them as octal, so two programs would mean two hosts (RFC 6943 §3.1.1). */
    private static final Pattern IPV4 = Pattern.compile("((25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)(\\.|$)){4}(?<!\\.)");

    private static final Pattern PORT = Pattern.compile("\\d{1,5}");

    private final String host;
    private final int port;
    private final String text;

    private HostAndPort(String host, int port) {
        this.host = host;
        this.port = port;
        this.text = (Ipv6.isAddress(host) ? "[" + host + "]" : host) + ":" + port;
    }

    static HostAndPort of(String host, int port) {
        Limits.checkLength("host", host);
        checkHost(host, "address", host);
        if (port < 1 || port > 65535) {
            throw new IllegalArgumentException("port of " + host + " is " + port + ", must be 1 to 65535");
        }
        return new HostAndPort(host, port);
    }

    static HostAndPort parse(String address) {
        return parse(address, "address", address);
    }

    /**
     * Parses an address.
     *
     * @param what it is, for messages
     * @param said as it was given, for messages
     */
    static HostAndPort parse(String address, String what, String said) {
        Limits.checkLength(what, address);
        int colon = address.lastIndexOf(':');
        String portText = colon < 0 || address.endsWith("]") ? "" : address.substring(colon + 1);
        if (!PORT.matcher(portText).matches()) {
            throw malformed(what, said, "it needs a port: host:port, with an IPv6 host in brackets" + ofUrl(address));
        }
        String host = address.substring(0, colon);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
            if (!Ipv6.isAddress(host)) {
                throw malformed(what, said, "only an IPv6 address may stand in brackets");
            }
        } else if (host.contains(":")) {
            throw malformed(what, said, "an IPv6 host must stand in brackets, as in [::1]:8080" + ofUrl(address));
        }
        checkHost(host, what, said);
        int port = Integer.parseInt(portText);
        if (port < 1 || port > 65535) {
            throw malformed(what, said, "the port is " + port + ", must be 1 to 65535");
        }
        return new HostAndPort(host, port);
    }

    private static String ofUrl(String address) {
        return address.contains("://")
                ? "; write a URL as host:port, with authority (its host) and base_path (its path)"
                : "";
    }

    static boolean isIpv4(String host) {
        return IPV4.matcher(host).matches();
    }

    private static void checkHost(String host, String what, String said) {
        if (host.isEmpty()) {
            throw malformed(what, said, "the host is empty");
        }
        boolean valid = LOOKS_LIKE_IPV4.matcher(host).matches()
                ? isIpv4(host)
                : NAME.matcher(host).matches() || Ipv6.isAddress(host);
        if (!valid) {
            throw malformed(what, said, "the host is neither a DNS name nor an IP address");
        }
    }

    private static IllegalArgumentException malformed(String what, String said, String why) {
        return new IllegalArgumentException(what + " " + Limits.quote(said) + " is malformed: " + why);
    }

    String host() {
        return host;
    }

    int port() {
        return port;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof HostAndPort that && text.equals(that.text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    @Override
    public String toString() {
        return text;
    }
}
