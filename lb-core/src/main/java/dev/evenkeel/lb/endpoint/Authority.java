package dev.evenkeel.lb.endpoint;

import java.util.Locale;
import java.util.OptionalInt;

/**
 * The name by which a server is asked for, in the Host header and in TLS: a host, and a port if it is not the usual one. Immutable; two are
 * equal if they are written the same but for case.
 */
public final class Authority {
    private final String text;
    private final String host;
    private final OptionalInt port;

    private Authority(String text, String host, OptionalInt port) {
        this.text = text;
        this.host = host;
        this.port = port;
    }

    /**
     * Returns an authority such as {@code api.eu.example.com}, {@code api.eu.example.com:8443} or {@code [2001:db8::1]:8443}.
     *
     * @throws IllegalArgumentException if it is malformed, saying what is wrong with it
     */
    public static Authority of(String authority) {
        String text = authority.toLowerCase(Locale.ROOT);
        boolean hasPort = text.lastIndexOf(':') > text.lastIndexOf(']');
        HostAndPort checked = HostAndPort.parse(hasPort ? text : text + ":1", "authority", authority);
        if (checked.host().indexOf('%') >= 0) {
            throw new IllegalArgumentException("authority " + Limits.quote(authority)
                    + " is malformed: a scope id means something on one machine only");
        }
        return new Authority(text, checked.host(), hasPort ? OptionalInt.of(checked.port()) : OptionalInt.empty());
    }

    /** Returns the host: a name in lower case, an IPv4 address, or an IPv6 address without brackets. It is what TLS checks. */
    public String host() {
        return host;
    }

    /** Returns the port; empty for that of the scheme. */
    public OptionalInt port() {
        return port;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Authority that && text.equals(that.text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    /** Returns it as it stands in a Host header. */
    @Override
    public String toString() {
        return text;
    }
}
