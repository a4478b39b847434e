package dev.evenkeel.lb.endpoint;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** The text format of a list: one endpoint a line, its address first, then {@code key=value} pairs. */
final class TextList {
    private static final Pattern BLANKS = Pattern.compile("[ \t\r]+");

    private final Omitting omitting = new Omitting();
    private int lineNumber;

    private TextList() {}

    /** Returns what a text lists; {@code settled} says whether a last line without an end is complete. */
    static Report.Found parse(String text, boolean settled) {
        return new TextList().read(text, settled);
    }

    private Report.Found read(String text, boolean settled) {
        if (!settled && !text.endsWith("\n")) {
            throw new IllegalArgumentException(
                    "line " + (1 + text.chars().filter(c -> c == '\n').count())
                            + " has no line end, so the file is taken for half-written");
        }
        List<Endpoint> endpoints = new ArrayList<>();
        for (int start = 0; start < text.length(); ) {
            int lineEnd = text.indexOf('\n', start);
            int end = lineEnd < 0 ? text.length() : lineEnd;
            lineNumber++;
            try {
                readLine(text.substring(start, end)).ifPresent(endpoints::add);
            } catch (IllegalArgumentException e) {
                omit(e.getMessage() + "; the line is left out");
            }
            Limits.checkListSize(endpoints.size() + omitting.omissions().count());
            start = end + 1;
        }
        return new Report.Found(endpoints, omitting.omissions());
    }

    private void omit(String what) {
        omitting.add("line " + lineNumber + ": " + what);
    }

    private Optional<Endpoint> readLine(String line) {
        List<String> words = Arrays.stream(BLANKS.split(line))
                .filter(word -> !word.isEmpty())
                .takeWhile(word -> !word.startsWith("#"))
                .toList();
        if (words.isEmpty()) {
            return Optional.empty();
        }
        Endpoint endpoint = Endpoint.of(words.get(0));
        Set<String> keys = new HashSet<>();
        for (String word : words.subList(1, words.size())) {
            int equals = word.indexOf('=');
            if (equals < 1) {
                throw new IllegalArgumentException(Limits.quote(word)
                        + " is not allowed after the address, only key=value with the keys " + EndpointAttribute.keys()
                        + " or metadata keys of your own");
            }
            String key = word.substring(0, equals);
            if (!keys.add(key)) {
                throw new IllegalArgumentException("key " + Limits.quote(key) + " stands there twice");
            }
            endpoint = with(endpoint, key, word.substring(equals + 1));
        }
        return Optional.of(endpoint);
    }

    private Endpoint with(Endpoint endpoint, String key, String value) {
        Optional<EndpointAttribute> attribute = EndpointAttribute.named(key.toLowerCase(Locale.ROOT));
        if (attribute.isEmpty()) {
            return withMetadata(endpoint, key, value);
        }
        if (!attribute.get().key().equals(key)) {
            // As metadata it would be ignored in silence, which nobody means.
            omit("key " + Limits.quote(key) + " must be written "
                    + attribute.get().key() + "; the key is left out");
            return endpoint;
        }
        return attribute.get().apply(endpoint, value);
    }

    private Endpoint withMetadata(Endpoint endpoint, String key, String value) {
        try {
            return endpoint.withMetadata(key, value);
        } catch (IllegalArgumentException e) {
            omit(e.getMessage() + "; the metadata entry is left out");
            return endpoint;
        }
    }
}
