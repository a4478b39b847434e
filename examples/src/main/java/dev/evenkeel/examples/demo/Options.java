package dev.evenkeel.examples.demo;

import java.time.Duration;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;

/**
 * What the command line asks for.
 *
 * @param policy how endpoints are picked
 * @param length how long traffic is sent; the script of events scales with it
 * @param requestsPerSecond how much traffic is sent
 * @param plain whether to write lines rather than a table, even to a terminal
 * @param help whether only the usage was asked for
 */
record Options(PolicyChoice policy, Duration length, int requestsPerSecond, boolean plain, boolean help) {
    static final Options DEFAULT = new Options(PolicyChoice.LEAST_LOADED, Duration.ofSeconds(20), 200, false, false);

    static final String USAGE = """
            Evenkeel demo: five servers, steady traffic, and everything that goes wrong with them.

              --policy NAME   how endpoints are picked, default least-loaded
                              %s
              --seconds N     how long to run, 3 to 3600, default 20; the events scale with it
              --rps N         requests a second, 1 to 5000, default 200
              --plain         lines instead of a live table; the default where output is no terminal
              --help          this text

            Exit code: 0 if no caller saw a failure, 1 if one did, 2 for a bad argument.
            Colours are left out if NO_COLOR is set.""".formatted(String.join(", ", PolicyChoice.options()));

    private static final List<String> NAMES = List.of("--policy", "--seconds", "--rps", "--plain", "--help");

    /**
     * Reads a command line; a value follows its option as the next word or after {@code =}.
     *
     * @throws BadArgument if it cannot be understood
     */
    static Options parse(String... args) {
        Options options = DEFAULT;
        Iterator<String> words = Arrays.stream(args)
                .flatMap(word ->
                        word.startsWith("--") ? Arrays.stream(word.split("=", 2)) : Arrays.stream(new String[] {word}))
                .iterator();
        while (words.hasNext()) {
            String name = words.next();
            options = switch (name) {
                case "--policy" -> options.withPolicy(PolicyChoice.named(value(name, words, "a policy")));
                case "--seconds" -> options.withSeconds(number(name, words, 3, 3600));
                case "--rps" -> options.withRequestsPerSecond(number(name, words, 1, 5000));
                case "--plain" -> options.withPlain();
                case "--help" -> options.withHelp();
                default ->
                    throw new BadArgument(
                            "unknown option '" + name + "'" + Nearest.hint(name, NAMES) + "; --help lists all");
            };
        }
        return options;
    }

    private static String value(String name, Iterator<String> words, String what) {
        String value = words.hasNext() ? words.next() : "";
        if (value.isEmpty() || value.startsWith("--")) {
            throw new BadArgument(name + " needs " + what + ", such as " + name + " " + example(name));
        }
        return value;
    }

    private static String example(String name) {
        return switch (name) {
            case "--policy" -> DEFAULT.policy.option();
            case "--seconds" -> String.valueOf(DEFAULT.length.toSeconds());
            default -> String.valueOf(DEFAULT.requestsPerSecond);
        };
    }

    private static int number(String name, Iterator<String> words, int min, int max) {
        String allowed = "a whole number from " + min + " to " + max;
        String text = value(name, words, allowed);
        try {
            int number = Integer.parseInt(text);
            if (number >= min && number <= max) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Said below, as for a number that is too large.
        }
        throw new BadArgument(name + " is '" + text + "', must be " + allowed);
    }

    private Options withPolicy(PolicyChoice newPolicy) {
        return new Options(newPolicy, length, requestsPerSecond, plain, help);
    }

    private Options withSeconds(int seconds) {
        return new Options(policy, Duration.ofSeconds(seconds), requestsPerSecond, plain, help);
    }

    private Options withRequestsPerSecond(int newRequestsPerSecond) {
        return new Options(policy, length, newRequestsPerSecond, plain, help);
    }

    private Options withPlain() {
        return new Options(policy, length, requestsPerSecond, true, help);
    }

    private Options withHelp() {
        return new Options(policy, length, requestsPerSecond, plain, true);
    }
}
