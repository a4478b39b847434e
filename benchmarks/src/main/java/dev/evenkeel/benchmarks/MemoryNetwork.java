package dev.evenkeel.benchmarks;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.util.concurrent.atomic.LongAdder;
import javax.net.SocketFactory;

/**
 * Servers at every address, within the process and on the caller's thread: without system calls, what is left is the client's own
 * work. Those at {@link #FAILING_PORT} answer 503, all others 200.
 */
final class MemoryNetwork extends SocketFactory {
    static final int FAILING_PORT = 503;

    private final LongAdder connects = new LongAdder();

    /** Returns how many connections have been opened. */
    long connects() {
        return connects.sum();
    }

    @Override
    public Socket createSocket() {
        return new MemorySocket(connects);
    }

    @Override
    public Socket createSocket(String host, int port) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Socket createSocket(InetAddress host, int port) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Socket createSocket(InetAddress address, int port, InetAddress localAddress, int localPort) {
        throw new UnsupportedOperationException();
    }

    private static final class MemorySocket extends Socket {
        private final LongAdder connects;
        private final CannedAnswers requests = new CannedAnswers();
        private byte[] answer = {};
        private int unread; // of the answers that are due
        private boolean closed;

        MemorySocket(LongAdder connects) {
            this.connects = connects;
        }

        @Override
        public void connect(SocketAddress address) {
            connects.increment();
            boolean failing = ((InetSocketAddress) address).getPort() == FAILING_PORT;
            answer = failing ? CannedAnswers.UNAVAILABLE : CannedAnswers.OK;
        }

        @Override
        public void connect(SocketAddress address, int timeout) {
            connect(address);
        }

        @Override
        public OutputStream getOutputStream() {
            return new OutputStream() {
                @Override
                public void write(int b) {
                    write(new byte[] {(byte) b}, 0, 1);
                }

                @Override
                public void write(byte[] bytes, int offset, int count) {
                    unread += requests.read(bytes, offset, count) * answer.length;
                }
            };
        }

        @Override
        public InputStream getInputStream() {
            return new InputStream() {
                @Override
                public int read() throws IOException {
                    byte[] one = new byte[1];
                    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
                }

                @Override
                public int read(byte[] bytes, int offset, int count) throws IOException {
                    if (unread == 0) {
                        throw new SocketTimeoutException("no request, so no answer");
                    }
                    int from = (answer.length - unread % answer.length) % answer.length;
                    int read = Math.min(count, answer.length - from);
                    System.arraycopy(answer, from, bytes, offset, read);
                    unread -= read;
                    return read;
                }
            };
        }

        @Override
        public void setSoTimeout(int timeout) {}

        @Override
        public int getSoTimeout() {
            return 0;
        }

        @Override
        public void setTcpNoDelay(boolean on) {}

        @Override
        public boolean isConnected() {
            return true;
        }

        @Override
        public boolean isClosed() {
            return closed;
        }

        @Override
        public boolean isInputShutdown() {
            return closed;
        }

        @Override
        public boolean isOutputShutdown() {
            return closed;
        }

        @Override
        public synchronized void close() {
            closed = true;
        }
    }
}
