package dev.evenkeel.lb.okhttp;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import okhttp3.Dns;

/** Look-ups that find nothing, and connections of nothing: what is sent by them gets no further than OkHttp's cache. */
final class Nowhere implements Dns {
    static final Nowhere DNS = new Nowhere();

    private Nowhere() {}

    @Override
    public List<InetAddress> lookup(String hostname) throws UnknownHostException {
        throw new NotFound(hostname);
    }

    /** A stack trace would cost more than all the rest. */
    static final class NotFound extends UnknownHostException {
        @java.io.Serial
        private static final long serialVersionUID = 1;

        private NotFound(String hostname) {
            super(hostname);
        }

        @Override
        public synchronized Throwable fillInStackTrace() {
            return this;
        }
    }
}
