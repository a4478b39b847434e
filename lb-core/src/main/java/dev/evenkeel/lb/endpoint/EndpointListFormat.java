package dev.evenkeel.lb.endpoint;

/**
 * Tells the two formats of a list apart by their first character: JSON begins with a brace or a bracket. A text list may begin with a
 * bracket as well, but then an IPv6 address follows at once.
 */
final class EndpointListFormat {
    private static final String BYTE_ORDER_MARK = "\uFEFF"; // some editors begin UTF-8 files with it

    private EndpointListFormat() {}

    /**
     * Returns the endpoints that the content lists, which may be none, and what is left out because it cannot be used.
     *
     * @param settled whether the content has stayed the same for a while, so that a text without a final line end is complete
     * @throws IllegalArgumentException if it is malformed or cut off, or nothing of what it lists can be used, saying where, what stands there and
     *     what is allowed
     */
    static Report.Found parse(String content, boolean settled) {
        String text = content.startsWith(BYTE_ORDER_MARK) ? content.substring(1) : content;
        if (text.isBlank()) {
            throw new IllegalArgumentException("nothing is in it, so it is taken for half-written;"
                    + " write [] or a # comment for an empty list");
        }
        Report.Found found = isJson(text.stripLeading()) ? JsonList.parse(text) : TextList.parse(text, settled);
        Omissions omissions = found.omissions();
        if (found.endpoints().isEmpty() && !omissions.isEmpty()) {
            int others = omissions.count() - 1;
            throw new IllegalArgumentException("no entry can be used: "
                    + omissions.reasons().get(0) + (others == 0 ? "" : "; and " + others + " more"));
        }
        return found;
    }

    private static boolean isJson(String text) {
        return switch (text.charAt(0)) {
            case '{' -> true;
            case '[' -> text.length() == 1 || !startsIpv6(text.charAt(1));
            default -> false;
        };
    }

    private static boolean startsIpv6(char first) {
        return first == ':' || Character.digit(first, 16) >= 0;
    }
}
