package dev.evenkeel.lb.okhttp;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The rule for versions of OkHttp: from 5.4 on an interceptor may choose the connection of a request. */
final class OkHttpVersion {
    private static final int MAJOR = 5;
    private static final int MINOR = 4;
    private static final Pattern NUMBERS = Pattern.compile("(\\d{1,4})\\.(\\d{1,4})\\b.*");

    private OkHttpVersion() {}

    /**
     * Checks the version that is on the class path.
     *
     * @throws IllegalStateException if it is too old, saying what to do
     */
    static void check() {
        check(present());
    }

    static void check(String version) {
        Matcher numbers = NUMBERS.matcher(version);
        if (!numbers.matches()) {
            return; // somebody's own build, who must know
        }
        int major = Integer.parseInt(numbers.group(1));
        int minor = Integer.parseInt(numbers.group(2));
        if (major < MAJOR || (major == MAJOR && minor < MINOR)) {
            throw new IllegalStateException("OkHttp is " + version + ", must be " + MAJOR + "." + MINOR
                    + ".0 or newer: add com.squareup.okhttp3:okhttp-jvm, or import its okhttp-bom, in such a version");
        }
    }

    /** Read by name: as a constant, the compiler would copy the version that we were built with. */
    private static String present() {
        try {
            return String.valueOf(okhttp3.OkHttp.class.getField("VERSION").get(null));
        } catch (ReflectiveOperationException e) {
            return "unknown";
        }
    }
}
