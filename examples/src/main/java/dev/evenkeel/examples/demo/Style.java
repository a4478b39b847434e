package dev.evenkeel.examples.demo;

/** Colours, or none. Applied to text that has its final width already, because they have none. */
enum Style {
    PLAIN,
    COLOURED;

    String bold(String text) {
        return sgr("1", text);
    }

    String dim(String text) {
        return sgr("2", text);
    }

    String good(String text) {
        return sgr("32", text);
    }

    String bad(String text) {
        return sgr("31", text);
    }

    String warning(String text) {
        return sgr("33", text);
    }

    private String sgr(String code, String text) {
        return this == PLAIN || text.isBlank() ? text : "\033[" + code + "m" + text + "\033[0m";
    }
}
