package dev.evenkeel.lb.okhttp;

/**
 * The cookie that tells a client of a service where its session lives. Its attributes matter where a gateway passes it on to browsers. It
 * always is {@code HttpOnly}, for the path {@code /}, and lasts as long as a session without requests. Immutable.
 *
 * @param name a token of RFC 9110
 * @param secure whether it is sent over TLS only; then sessions work with {@code https} URLs alone
 * @param sameSite which requests of other sites carry it
 */
public record SessionCookie(String name, boolean secure, SameSite sameSite) {
    public SessionCookie {
        if (!Cookies.isToken(name)) {
            throw new IllegalArgumentException("sessionCookie is called '" + name + "', must be a token of RFC 9110");
        }
        if (sameSite == SameSite.NONE && !secure) {
            throw new IllegalArgumentException("sessionCookie " + name
                    + " has SameSite=None and is not secure, which browsers refuse: call withSecure(true)");
        }
    }

    /** Whether browsers send the cookie with requests that other sites cause (RFC 6265bis, section 5.6.7). */
    public enum SameSite {
        /** The attribute is left out, and browsers do as they like; mostly as with {@link #LAX}. */
        UNSET(""),
        /** Never. */
        STRICT("; SameSite=Strict"),
        /** Only when a person follows a link. */
        LAX("; SameSite=Lax"),
        /** Always; needs {@link SessionCookie#secure}. */
        NONE("; SameSite=None");

        private final String attribute;

        SameSite(String attribute) {
            this.attribute = attribute;
        }
    }

    /** Returns a cookie of this name without further attributes. */
    public static SessionCookie named(String name) {
        return new SessionCookie(name, false, SameSite.UNSET);
    }

    /** Returns this cookie sent over TLS only, or not. */
    public SessionCookie withSecure(boolean newSecure) {
        return new SessionCookie(name, newSecure, sameSite);
    }

    /** Returns this cookie for these requests of other sites. */
    public SessionCookie withSameSite(SameSite newSameSite) {
        return new SessionCookie(name, secure, newSameSite);
    }

    /** Returns what stands in a {@code Set-Cookie} header. */
    String text(String value, long maxAgeSeconds) {
        return name + "=" + value + "; Path=/; Max-Age=" + maxAgeSeconds + "; HttpOnly" + (secure ? "; Secure" : "")
                + sameSite.attribute;
    }
}
