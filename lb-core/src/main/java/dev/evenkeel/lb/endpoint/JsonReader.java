package dev.evenkeel.lb.endpoint;

import java.util.HashSet;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads strict JSON (RFC 8259) from left to right, without building a tree: the caller says what must come next, and anything else is
 * an {@link IllegalArgumentException} that names line, column, what stands there and what should. Duplicate keys are refused.
 */
final class JsonReader {
    /** The grammar of RFC 8259 §6. The bounds on length keep a number of a million digits away from the arithmetic. */
    private static final Pattern NUMBER =
            Pattern.compile("-?(0|[1-9][0-9]{0,29})(\\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?");

    private static final Pattern BOOLEAN = Pattern.compile("true|false");

    private final String text;
    private int position;
    private int keyPosition; // of the latest key

    JsonReader(String text) {
        this.text = text;
    }

    /** Returns where the next value starts. */
    int position() {
        while (position < text.length() && " \t\r\n".indexOf(text.charAt(position)) >= 0) {
            position++;
        }
        return position;
    }

    boolean startsWith(char c) {
        return position() < text.length() && text.charAt(position) == c;
    }

    /** Reads an array; {@code element} must read one value each time. */
    void array(Runnable element) {
        expect('[', "an array");
        if (take(']')) {
            return;
        }
        do {
            element.run();
        } while (take(','));
        expect(']', "',' or ']'");
    }

    /** Reads an object and returns its keys; {@code member} is given each of them and must read its value. */
    Set<String> object(Consumer<String> member) {
        expect('{', "an object");
        Set<String> keys = new HashSet<>();
        if (take('}')) {
            return keys;
        }
        do {
            keyPosition = position();
            String key = string("a key");
            if (!keys.add(key)) {
                throw wrongKey(key, "stands there twice");
            }
            expect(':', "':'");
            member.accept(key);
        } while (take(','));
        expect('}', "',' or '}'");
        return keys;
    }

    /** Reads a string; {@code expected} says in an error what should be there. */
    String string(String expected) {
        expect('"', expected);
        StringBuilder value = new StringBuilder();
        while (true) {
            char c = next();
            if (c == '"') {
                return value.toString();
            }
            if (c < ' ') {
                throw wrongAt(position - 1, "a control character stands in a string, it must be escaped");
            }
            value.append(c == '\\' ? escaped() : c);
        }
    }

    /** Reads a number and returns it as it is written. */
    String number(String expected) {
        return literal(NUMBER, expected);
    }

    /** Reads {@code true} or {@code false} and returns which. */
    String bool(String expected) {
        return literal(BOOLEAN, expected);
    }

    /** Reads the end of the text. */
    void end() {
        if (position() < text.length()) {
            throw unexpected("the end");
        }
    }

    /** Returns what to throw when the key just read is not allowed. */
    IllegalArgumentException wrongKey(String key, String why) {
        return wrongAt(keyPosition, "key " + Limits.quote(key) + " " + why);
    }

    IllegalArgumentException wrongAt(int where, String what) {
        String before = text.substring(0, Math.min(where, text.length()));
        long line = 1 + before.chars().filter(c -> c == '\n').count();
        int column = before.length() - before.lastIndexOf('\n');
        return new IllegalArgumentException("line " + line + ", column " + column + ": " + what);
    }

    private String literal(Pattern pattern, String expected) {
        Matcher matcher = pattern.matcher(text).region(position(), text.length());
        if (!matcher.lookingAt()) {
            throw unexpected(expected);
        }
        int end = matcher.end();
        if (end < text.length() && ",]} \t\r\n".indexOf(text.charAt(end)) < 0) {
            throw unexpected(expected);
        }
        position = end;
        return matcher.group();
    }

    private char escaped() {
        char c = next();
        return switch (c) {
            case '"', '\\', '/' -> c;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> unicode();
            default -> throw wrongAt(position - 2, Limits.quote("\\" + c) + " is no escape of JSON");
        };
    }

    private char unicode() {
        int code = 0;
        for (int i = 0; i < 4; i++) {
            char c = next();
            int digit = c < 128 ? Character.digit(c, 16) : -1;
            if (digit < 0) {
                throw wrongAt(position - 1, Limits.quote(String.valueOf(c)) + " is no hexadecimal digit");
            }
            code = code * 16 + digit;
        }
        return (char) code;
    }

    private char next() {
        if (position == text.length()) {
            throw wrongAt(position, "it ends within a string, so it is taken for half-written");
        }
        return text.charAt(position++);
    }

    private boolean take(char c) {
        if (!startsWith(c)) {
            return false;
        }
        position++;
        return true;
    }

    private void expect(char c, String expected) {
        if (!take(c)) {
            throw unexpected(expected);
        }
    }

    private IllegalArgumentException unexpected(String expected) {
        if (position() == text.length()) {
            return wrongAt(position, "it ends where there should be " + expected + ", so it is taken for half-written");
        }
        int end = position;
        while (end < text.length() && end - position < 20 && ",:[]{} \t\r\n".indexOf(text.charAt(end)) < 0) {
            end++;
        }
        return wrongAt(
                position,
                "found " + Limits.quote(text.substring(position, Math.max(end, position + 1))) + ", should be "
                        + expected);
    }
}
