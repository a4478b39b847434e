package dev.evenkeel.lb.okhttp;

import java.net.InetAddress;
import java.util.Objects;
import java.util.function.Function;
import okhttp3.CookieJar;
import okhttp3.HttpUrl;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * Where the key of a request is found: what requests have in common that should go to the same endpoint. Immutable and safe for use by
 * many threads.
 *
 * <p>A request without it has no key. Nor has one whose text is longer than {@value #LONGEST} characters, so that nobody can make us work
 * by what they send.
 */
public final class KeySource {
    static final int LONGEST = 4096;

    private final String name;
    private final Reader reader;
    private final Function<Response, @Nullable String> answer;

    private KeySource(String name, Reader reader, Function<Response, @Nullable String> answer) {
        this.name = name;
        this.reader = reader;
        this.answer = answer;
    }

    /** Finds the text in a request. The jar is where the client keeps its cookies. */
    @FunctionalInterface
    private interface Reader {
        @Nullable
        String read(Request request, CookieJar jar);
    }

    /** The value of a request header. */
    public static KeySource header(String name) {
        checkName("header", name);
        return new KeySource(
                "header " + name, (request, jar) -> request.header(name), response -> response.header(name));
    }

    /** The value of a cookie: one that the client's own jar has for the request, or else one in its {@code Cookie} header. */
    public static KeySource cookie(String name) {
        checkName("cookie", name);
        return new KeySource(
                "cookie " + name,
                (request, jar) -> Cookies.find(request, jar, name),
                response -> Cookies.findNew(response, name));
    }

    /** The first value of a parameter in the URL's query. */
    public static KeySource queryParameter(String name) {
        Objects.requireNonNull(name, "name");
        return onlyOfRequests(
                "query parameter " + name, request -> request.url().queryParameter(name));
    }

    /**
     * A segment of the URL's path: of {@code /v1/orders/42}, 0 is {@code v1} and 2 is {@code 42}.
     *
     * @throws IllegalArgumentException if the index is negative
     */
    public static KeySource pathSegment(int index) {
        if (index < 0) {
            throw new IllegalArgumentException("path segment is " + index + ", must be 0 or more");
        }
        return onlyOfRequests("path segment " + index, request -> segment(request.url(), index));
    }

    /** The address of the client on whose behalf a gateway sends the request, given as a tag: {@code tag(InetAddress.class, address)}. */
    public static KeySource clientIp() {
        return onlyOfRequests("client IP in a tag", request -> {
            InetAddress address = request.tag(InetAddress.class);
            return address == null ? null : address.getHostAddress();
        });
    }

    /**
     * The first address in a header such as {@code X-Forwarded-For}, without its port. Clients can write what they like into it: let your
     * own edge replace it.
     */
    public static KeySource clientIp(String header) {
        checkName("header", header);
        return onlyOfRequests("client IP in header " + header, request -> ForwardedFor.first(request.header(header)));
    }

    /** Whatever a function of yours makes of the request; null for no key. It should be quick, and is asked once for each call. */
    public static KeySource of(Function<Request, @Nullable String> function) {
        Objects.requireNonNull(function, "function");
        return onlyOfRequests("a function", function);
    }

    /** Returns a source that looks elsewhere where this one finds nothing. */
    public KeySource or(KeySource other) {
        return new KeySource(
                name + " or " + other.name,
                (request, jar) -> {
                    String text = reader.read(request, jar);
                    return text == null ? other.reader.read(request, jar) : text;
                },
                response -> {
                    String text = answer.apply(response);
                    return text == null ? other.answer.apply(response) : text;
                });
    }

    private static KeySource onlyOfRequests(String name, Function<Request, @Nullable String> function) {
        return new KeySource(name, (request, jar) -> function.apply(request), response -> null);
    }

    private static @Nullable String segment(HttpUrl url, int index) {
        return index < url.pathSize() ? url.pathSegments().get(index) : null;
    }

    private static void checkName(String of, String name) {
        if (!Cookies.isToken(name)) {
            throw new IllegalArgumentException("the " + of + " is called '" + name + "', must be a token of RFC 9110");
        }
    }

    @Nullable
    String read(Request request, CookieJar jar) {
        return reader.read(request, jar);
    }

    /** Returns the text that an answer gives to requests to come, or null; only what a server says of a cookie or header does. */
    @Nullable
    String readAnswer(Response response) {
        return answer.apply(response);
    }

    /** Returns where it looks, in words. */
    @Override
    public String toString() {
        return name;
    }
}
