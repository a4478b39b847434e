package dev.evenkeel.lb.okhttp;

import dev.evenkeel.lb.endpoint.Authority;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import okhttp3.Headers;
import okhttp3.HttpUrl;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * What an endpoint with a name or a base path of its own says of where things are, put in terms of the service: redirects stay with the
 * load balancer, and cookies come back.
 *
 * @param url that was asked for, with the service's name
 */
record WireHeaders(EndpointName name, HttpUrl url) {
    private static final Pattern DOMAIN =
            Pattern.compile(";\\s*domain\\s*=\\s*\\.?([^;]*?)\\s*(?=;|$)", Pattern.CASE_INSENSITIVE);
    private static final Pattern PATH =
            Pattern.compile("(;\\s*path\\s*=\\s*)([^;]*?)\\s*(?=;|$)", Pattern.CASE_INSENSITIVE);

    Response translate(Response response) {
        Headers headers = response.headers();
        Headers.Builder translated = new Headers.Builder();
        boolean changed = false;
        for (int i = 0; i < headers.size(); i++) {
            String value = headers.value(i);
            String own = switch (headers.name(i).toLowerCase(Locale.ROOT)) {
                case "location", "content-location" -> location(value);
                case "set-cookie" -> cookie(value);
                default -> value;
            };
            changed |= !own.equals(value);
            translated.addUnsafeNonAscii(headers.name(i), own);
        }
        return changed ? response.newBuilder().headers(translated.build()).build() : response;
    }

    private String location(String said) {
        HttpUrl wire = name.wireUrl(url);
        HttpUrl target = wire.resolve(said);
        boolean isOwn = target != null
                && target.host().equals(wire.host())
                && target.port() == wire.port()
                && target.scheme().equals(wire.scheme());
        String path = isOwn ? below(target.encodedPath()) : null;
        return path == null
                ? said(said, target)
                : target.newBuilder()
                        .host(url.host())
                        .port(url.port())
                        .encodedPath(path)
                        .build()
                        .toString();
    }

    /** What is elsewhere, or cannot be said with the service's name, is said in full: relative to the service it would be another place. */
    private String said(String said, @Nullable HttpUrl target) {
        return target == null || name.authority() == null ? said : target.toString();
    }

    /** Returns the rest of a path below the base path; null if it is not below it. */
    private @Nullable String below(String path) {
        String base = name.basePath();
        if (path.equals(base)) {
            return "/";
        }
        return path.startsWith(base + "/") ? path.substring(base.length()) : null;
    }

    private String cookie(String said) {
        String text = said;
        Authority authority = name.authority();
        Matcher domain = DOMAIN.matcher(text);
        if (authority != null && domain.find() && covers(domain.group(1), authority.host())) {
            text = text.substring(0, domain.start()) + text.substring(domain.end());
        }
        Matcher path = PATH.matcher(text);
        String own = path.find() ? below(path.group(2)) : null;
        return own == null ? text : text.substring(0, path.start(2)) + own + text.substring(path.end(2));
    }

    private static boolean covers(String domain, String host) {
        String lower = domain.toLowerCase(Locale.ROOT);
        return host.equals(lower) || host.endsWith("." + lower);
    }
}
