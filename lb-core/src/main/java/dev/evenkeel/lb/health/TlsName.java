package dev.evenkeel.lb.health;

import java.io.IOException;
import java.net.Socket;
import java.security.cert.Certificate;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * The name that a server must prove in TLS. The JDK checks it, except a name with an underscore: it takes that for no DNS name, though it can be
 * in a certificate, and refuses every server. Such a name is compared here with the certificate's, by the rules of RFC 6125 §6.4.
 *
 * @param name a DNS name or an IP address
 * @param isChecked whether the JDK can check it
 */
record TlsName(String name, boolean isChecked) {
    private static final int DNS_NAME = 2; // of subject alternative names

    static TlsName of(String name) {
        try {
            SNIHostName unused = new SNIHostName(name);
            return new TlsName(name, true);
        } catch (IllegalArgumentException e) {
            return new TlsName(name, name.indexOf('_') < 0);
        }
    }

    /** Returns a socket over TLS to a server that has proven the name; closing it closes the other one. */
    SSLSocket secure(SSLContext context, Socket plain) throws IOException {
        SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(plain, name, plain.getPort(), true);
        SSLParameters parameters = socket.getSSLParameters();
        SNIServerName indicated = indicated();
        if (indicated != null) {
            parameters.setServerNames(List.of(indicated));
        }
        if (isChecked) {
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
        }
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        if (!isChecked && !isIn(socket.getSession().getPeerCertificates()[0])) {
            throw new SSLPeerUnverifiedException("the certificate is not for " + name);
        }
        return socket;
    }

    /** Returns the name to tell the server; null for an IP address, which is not told, and for a name that servers may take for malformed. */
    private @Nullable SNIServerName indicated() {
        boolean isAddress = name.indexOf(':') >= 0 || name.chars().allMatch(c -> c == '.' || (c >= '0' && c <= '9'));
        return isAddress || !isChecked ? null : new SNIHostName(name);
    }

    private boolean isIn(Certificate certificate) throws SSLPeerUnverifiedException {
        try {
            Collection<List<?>> names =
                    certificate instanceof X509Certificate x509 ? x509.getSubjectAlternativeNames() : null;
            return names != null
                    && names.stream()
                            .anyMatch(one -> Integer.valueOf(DNS_NAME).equals(one.get(0))
                                    && one.get(1) instanceof String certified
                                    && matches(certified));
        } catch (CertificateParsingException e) {
            throw new SSLPeerUnverifiedException("the names in the certificate cannot be read: " + e.getMessage());
        }
    }

    /** Returns whether a certificate's name is this one, or has an asterisk for its first label and the same others, at least two. */
    private boolean matches(String certified) {
        String own = name.toLowerCase(Locale.ROOT);
        String other = certified.toLowerCase(Locale.ROOT);
        int dot = own.indexOf('.');
        String parent = dot < 0 ? "" : own.substring(dot);
        return own.equals(other) || (parent.lastIndexOf('.') > 0 && other.equals("*" + parent));
    }
}
