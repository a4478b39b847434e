package dev.evenkeel.lb.okhttp;

import java.util.List;
import okhttp3.Cookie;
import okhttp3.CookieJar;
import okhttp3.Headers;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/** Finds cookies, in texts that come from outside and may be of any size. */
final class Cookies {
    /** What stands behind it in a header is not looked at. Servers refuse headers of that size themselves. */
    private static final int MOST = 16 * 1024;

    private Cookies() {}

    /** Returns the value of a cookie that will be sent with a request, or null. Cookies of the jar replace a header of the request's. */
    static @Nullable String find(Request request, CookieJar jar, String name) {
        if (jar != CookieJar.NO_COOKIES) {
            List<Cookie> stored = jar.loadForRequest(request.url());
            if (!stored.isEmpty()) {
                return stored.stream()
                        .filter(cookie -> cookie.name().equals(name))
                        .map(Cookie::value)
                        .findFirst()
                        .orElse(null);
            }
        }
        Headers headers = request.headers();
        for (int i = 0; i < headers.size(); i++) {
            String value = headers.name(i).equalsIgnoreCase("Cookie") ? find(headers.value(i), name) : null;
            if (value != null) {
                return value;
            }
        }
        return null;
    }

    private static @Nullable String find(String header, String name) {
        String text = header.length() <= MOST ? header : header.substring(0, header.lastIndexOf(';', MOST) + 1);
        int from = 0;
        while (from < text.length()) {
            int next = text.indexOf(';', from);
            int end = next < 0 ? text.length() : next;
            String value = value(text, from, end, name);
            if (value != null) {
                return value;
            }
            from = end + 1;
        }
        return null;
    }

    /** Returns the value of a cookie that a response sets, the last if it sets several of this name; or null. */
    static @Nullable String findNew(Response response, String name) {
        String found = null;
        Headers headers = response.headers();
        for (int i = 0; i < headers.size(); i++) {
            if (headers.name(i).equalsIgnoreCase("Set-Cookie")) {
                String text = headers.value(i);
                int next = text.indexOf(';');
                String value = value(text, 0, next < 0 ? text.length() : next, name);
                found = value == null ? found : value;
            }
        }
        return found;
    }

    /** Returns the value in a pair, if it is of this name, not empty and of a sensible length. */
    private static @Nullable String value(String text, int from, int end, String name) {
        int start = from;
        while (start < end && text.charAt(start) == ' ') {
            start++;
        }
        int equals = start + name.length();
        boolean found = text.startsWith(name, start) && equals < end && text.charAt(equals) == '=';
        if (!found || end - equals - 1 > KeySource.LONGEST) {
            return null;
        }
        String value = text.substring(equals + 1, end).trim();
        return value.isEmpty() ? null : value;
    }

    /** Returns whether a name is one that a header or a cookie may have. */
    static boolean isToken(String name) {
        return !name.isEmpty()
                && name.chars().allMatch(c -> c > ' ' && c < 127 && "\"(),/:;<=>?@[\\]{}".indexOf(c) < 0);
    }
}
