package dev.evenkeel.lb.grpc;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import java.util.regex.Pattern;

/** Tells IP addresses from names, without asking DNS. */
final class IpLiteral {
    private static final Pattern IPV4 = Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}");

    private IpLiteral() {}

    /** Returns the address that the text is; empty if it is a name. */
    static Optional<InetAddress> parse(String host) {
        if (!host.contains(":") && !IPV4.matcher(host).matches()) {
            return Optional.empty();
        }
        try {
            return Optional.of(InetAddress.getByName(host)); // does not look up what has this form
        } catch (UnknownHostException e) {
            return Optional.empty();
        }
    }
}
