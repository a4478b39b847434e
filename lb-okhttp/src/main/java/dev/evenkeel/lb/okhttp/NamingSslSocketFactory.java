package dev.evenkeel.lb.okhttp;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.Objects;
import javax.net.ssl.SSLSocketFactory;

/**
 * Tells an endpoint its own name in TLS (SNI) where it would be told the service's, and keeps sessions for it by that name. Two are equal that
 * do the same, because OkHttp tells connections apart by it.
 */
final class NamingSslSocketFactory extends SSLSocketFactory {
    private final SSLSocketFactory users;
    private final String service;
    private final String name;

    NamingSslSocketFactory(SSLSocketFactory users, String service, String name) {
        this.users = users;
        this.service = service;
        this.name = name;
    }

    private String name(String host) {
        return host.equals(service) ? name : host;
    }

    @Override
    public Socket createSocket(Socket plain, String host, int port, boolean autoClose) throws IOException {
        return users.createSocket(plain, name(host), port, autoClose);
    }

    @Override
    public Socket createSocket() throws IOException {
        return users.createSocket();
    }

    @Override
    public Socket createSocket(String host, int port) throws IOException {
        return users.createSocket(host, port);
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort) throws IOException {
        return users.createSocket(host, port, localHost, localPort);
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws IOException {
        return users.createSocket(host, port);
    }

    @Override
    public Socket createSocket(InetAddress address, int port, InetAddress localAddress, int localPort)
            throws IOException {
        return users.createSocket(address, port, localAddress, localPort);
    }

    @Override
    public String[] getDefaultCipherSuites() {
        return users.getDefaultCipherSuites();
    }

    @Override
    public String[] getSupportedCipherSuites() {
        return users.getSupportedCipherSuites();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof NamingSslSocketFactory that
                && users.equals(that.users)
                && service.equals(that.service)
                && name.equals(that.name);
    }

    @Override
    public int hashCode() {
        return Objects.hash(users, service, name);
    }
}
