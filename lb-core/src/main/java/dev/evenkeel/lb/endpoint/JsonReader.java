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
    private static final Pattern NULL = Pattern.compile("null");

    /** Whatever is neither a string nor made of others, of any length. */
    private static final Pattern SCALAR =
            Pattern.compile("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?|true|false|null");

    /** Three times what our format needs. */
    private static final int MOST_NESTED = 10;

    private final String text;
    private final int end;
    private int position;
    private int keyPosition; // of the latest key

    // A place whose line is known. It moves on, so that to find the lines of many places costs no more than to find the
    // last one's.
    private int knownPosition;
    private int knownLine = 1;
    private int knownLineStart;

    JsonReader(String text) {
        this(text, 0, text.length());
    }

    private JsonReader(String text, int start, int end) {
        this.text = text;
        this.position = start;
        this.end = end;
    }

    /** Returns where the next value starts. */
    int position() {
        while (position < end && " \t\r\n".indexOf(text.charAt(position)) >= 0) {
            position++;
        }
        return position;
    }

    boolean startsWith(char c) {
        return position() < end && text.charAt(position) == c;
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
        Set<String> keys = new HashSet<>();
        members(key -> {
            if (!keys.add(key)) {
                throw wrongKey(key, "stands there twice");
            }
            member.accept(key);
        });
        return keys;
    }

    private void members(Consumer<String> member) {
        expect('{', "an object");
        if (take('}')) {
            return;
        }
        do {
            int start = position();
            String key = string("a key");
            keyPosition = start;
            expect(':', "':'");
            member.accept(key);
        } while (take(','));
        expect('}', "',' or '}'");
    }

    /** Reads past a value of any kind, and returns a reader of it alone; {@code expected} says in an error what should be there. */
    JsonReader value(String expected) {
        int start = position();
        skip(expected, 1);
        JsonReader alone = new JsonReader(text, start, position);
        knowLineOf(start);
        alone.knownPosition = knownPosition;
        alone.knownLine = knownLine;
        alone.knownLineStart = knownLineStart;
        return alone;
    }

    private void skip(String expected, int depth) {
        if (depth > MOST_NESTED) {
            throw wrongAt(position(), "values are nested more than " + MOST_NESTED + " deep");
        }
        if (startsWith('{')) {
            members(key -> skip("a value", depth + 1));
        } else if (startsWith('[')) {
            array(() -> skip("a value", depth + 1));
        } else if (startsWith('"')) {
            string(expected);
        } else {
            literal(SCALAR, expected);
        }
    }

    /** Reads null if it is next, and returns whether it was. */
    boolean takeNull() {
        if (!startsWith('n')) {
            return false;
        }
        literal(NULL, "null");
        return true;
    }

    /** Reads a string, or a number or boolean as it is written. */
    String scalar(String expected) {
        if (startsWith('t') || startsWith('f')) {
            return bool(expected);
        }
        return startsWith('"') ? string(expected) : number(expected);
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
        if (position() < end) {
            throw unexpected("the end");
        }
    }

    /** Returns what to throw when the key just read is not allowed. */
    IllegalArgumentException wrongKey(String key, String why) {
        return wrongAt(keyPosition, "key " + Limits.quote(key) + " " + why);
    }

    IllegalArgumentException wrongAt(int where, String what) {
        knowLineOf(Math.min(where, text.length()));
        int column = knownPosition - knownLineStart + 1;
        return new IllegalArgumentException("line " + knownLine + ", column " + column + ": " + what);
    }

    private void knowLineOf(int where) {
        if (where < knownPosition) {
            knownPosition = 0;
            knownLine = 1;
            knownLineStart = 0;
        }
        for (; knownPosition < where; knownPosition++) {
            if (text.charAt(knownPosition) == '\n') {
                knownLine++;
                knownLineStart = knownPosition + 1;
            }
        }
    }

    private String literal(Pattern pattern, String expected) {
        Matcher matcher = pattern.matcher(text).region(position(), end);
        if (!matcher.lookingAt()) {
            throw unexpected(expected);
        }
        int after = matcher.end();
        if (after < end && ",]} \t\r\n".indexOf(text.charAt(after)) < 0) {
            throw unexpected(expected);
        }
        position = after;
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
        if (position == end) {
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
        if (position() == end) {
            return wrongAt(position, "it ends where there should be " + expected + ", so it is taken for half-written");
        }
        int after = position;
        while (after < end && after - position < 20 && ",:[]{} \t\r\n".indexOf(text.charAt(after)) < 0) {
            after++;
        }
        return wrongAt(
                position,
                "found " + Limits.quote(text.substring(position, Math.max(after, position + 1))) + ", should be "
                        + expected);
    }
}
