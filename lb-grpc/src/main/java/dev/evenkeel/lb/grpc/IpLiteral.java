package dev.evenkeel.lb.grpc;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;

/** Tells IP addresses from names, without asking DNS. */
final class IpLiteral {
    private IpLiteral() {}

    /** Returns the address that the text is; empty if it is a name. */
    static Optional<InetAddress> parse(String host) {
        if (host.indexOf(':') < 0 && !isIpv4(host)) {
            return Optional.empty();
        }
        try {
            return Optional.of(InetAddress.getByName(host)); // does not look up what has this form
        } catch (UnknownHostException e) {
            return Optional.empty();
        }
    }

    /** Four groups of one to three digits. By hand, because a pattern is most of what it costs to tell a channel of many endpoints. */
    private static boolean isIpv4(String host) {
        int groups = 1;
        int digits = 0;
        for (int i = 0; i < host.length(); i++) {
            char c = host.charAt(i);
            if (c >= '0' && c <= '9' && digits < 3) {
                digits++;
            } else if (c == '.' && digits > 0 && groups < 4) {
                groups++;
                digits = 0;
            } else {
                return false;
            }
        }
        return groups == 4 && digits > 0;
    }
}
