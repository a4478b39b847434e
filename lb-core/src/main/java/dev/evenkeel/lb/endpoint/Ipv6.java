package dev.evenkeel.lb.endpoint;

import java.util.Arrays;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Recognises IPv6 literals (RFC 4291 §2.2) without asking the JDK's resolver, which would look a wrong one up in DNS, and writes
 * them in the one recommended form (RFC 5952), which the JDK does not.
 */
final class Ipv6 {
    private static final Pattern GROUP = Pattern.compile("[0-9A-Fa-f]{1,4}");
    private static final Pattern SCOPE = Pattern.compile("[A-Za-z0-9_.-]+");
    private static final int GROUPS = 8;

    private Ipv6() {}

    static boolean isAddress(String text) {
        if (text.indexOf(':') < 0) {
            return false;
        }
        int percent = text.indexOf('%');
        if (percent >= 0 && !SCOPE.matcher(text.substring(percent + 1)).matches()) {
            return false;
        }
        String address = percent < 0 ? text : text.substring(0, percent);
        int gap = address.indexOf("::");
        if (gap < 0) {
            return groups(address) == GROUPS;
        }
        if (address.indexOf('.') >= 0 && address.indexOf('.') < gap) {
            return false; // a dotted tail stands at the very end
        }
        int before = gap == 0 ? 0 : groups(address.substring(0, gap));
        int after = gap + 2 == address.length() ? 0 : groups(address.substring(gap + 2));
        return before >= 0 && after >= 0 && before + after < GROUPS;
    }

    /** Returns how many 16-bit groups the text has, counting a dotted IPv4 tail as two; negative when it is malformed. */
    private static int groups(String text) {
        String[] parts = text.split(":", -1);
        int count = 0;
        for (int i = 0; i < parts.length; i++) {
            if (GROUP.matcher(parts[i]).matches()) {
                count++;
            } else if (i == parts.length - 1 && HostAndPort.isIpv4(parts[i])) {
                count += 2;
            } else {
                return -GROUPS;
            }
        }
        return count;
    }

    /** Returns an address of 16 bytes in lower case, its longest run of at least two zero groups written as {@code ::}. */
    static String format(byte[] address) {
        int[] groups = new int[GROUPS];
        for (int i = 0; i < GROUPS; i++) {
            groups[i] = ((address[2 * i] & 0xff) << 8) | (address[2 * i + 1] & 0xff);
        }
        int gap = 0;
        int gapLength = 0;
        for (int start = 0; start < GROUPS; start++) {
            int length = zeros(groups, start);
            if (length > gapLength) {
                gap = start;
                gapLength = length;
            }
        }
        return gapLength < 2
                ? join(groups, 0, GROUPS)
                : join(groups, 0, gap) + "::" + join(groups, gap + gapLength, GROUPS);
    }

    private static int zeros(int[] groups, int start) {
        int end = start;
        while (end < GROUPS && groups[end] == 0) {
            end++;
        }
        return end - start;
    }

    private static String join(int[] groups, int start, int end) {
        return Arrays.stream(groups, start, end).mapToObj(Integer::toHexString).collect(Collectors.joining(":"));
    }
}
