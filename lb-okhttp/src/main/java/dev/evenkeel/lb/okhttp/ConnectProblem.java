package dev.evenkeel.lb.okhttp;

import java.io.IOException;
import java.net.ConnectException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Has OkHttp say of an endpoint that cannot be connected to where that is. It names the address that it was given, in which the endpoint's port
 * stands in the name, and behind that the port of the URL, to which nothing connects: {@code 10.0.0.1:8080/10.0.0.1:80}.
 */
final class ConnectProblem {
    private static final Pattern REST = Pattern.compile("/\\[?([0-9A-Fa-f:.]+(?:%[\\w.-]+)?)\\]?:\\d+");

    private ConnectProblem() {}

    /** Returns the problem, naming the endpoint's address where it named OkHttp's. */
    static IOException of(IOException problem, PinnedEndpoint endpoint) {
        String said = problem.getMessage();
        String address = endpoint.address();
        int start = said == null || !(problem instanceof ConnectException) ? -1 : said.indexOf(address + "/");
        if (said == null || start < 0) {
            return problem;
        }
        int end = start + address.length();
        Matcher rest = REST.matcher(said).region(end, said.length());
        if (!rest.lookingAt()) {
            return problem;
        }
        String ip = rest.group(1);
        String resolved = address.startsWith(ip + ":") || address.startsWith("[") ? "" : " (" + ip + ")";
        ConnectException plain = new ConnectException(said.substring(0, end) + resolved + said.substring(rest.end()));
        plain.initCause(problem.getCause());
        plain.setStackTrace(problem.getStackTrace());
        for (Throwable suppressed : problem.getSuppressed()) {
            plain.addSuppressed(suppressed);
        }
        return plain;
    }
}
