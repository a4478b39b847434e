package dev.evenkeel.lb.okhttp;

import java.util.List;
import javax.net.ssl.HostnameVerifier;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import okhttp3.CertificatePinner;

/**
 * Has an endpoint prove its own name where it would have to prove the service's, and checks the pins of that name, too. Other names, to which a
 * redirect may lead, are checked as ever.
 */
record NamingVerifier(HostnameVerifier users, CertificatePinner pins, String service, String name)
        implements HostnameVerifier {
    @Override
    public boolean verify(String host, SSLSession session) {
        if (!host.equals(service)) {
            return users.verify(host, session);
        }
        if (!users.verify(name, session)) {
            return false;
        }
        try {
            pins.check(name, List.of(session.getPeerCertificates()));
            return true;
        } catch (SSLPeerUnverifiedException e) {
            return false;
        }
    }
}
