package dev.evenkeel.benchmarks;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;

/**
 * A server on every loopback address (Linux has 127.0.0.0/8), with a thread for each connection. It allocates nothing while it answers, so that
 * what the profiler counts is the client's.
 */
final class LoopbackServer implements AutoCloseable {
    private final ServerSocket listening = new ServerSocket();

    LoopbackServer() throws IOException {
        listening.bind(new InetSocketAddress("0.0.0.0", 0), 1024);
        start(this::accept);
    }

    int port() {
        return listening.getLocalPort();
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = listening.accept();
                socket.setTcpNoDelay(true);
                start(() -> serve(socket));
            }
        } catch (IOException e) {
            // Closed: nobody connects any more.
        }
    }

    private static void serve(Socket socket) {
        byte[] buffer = new byte[4096];
        CannedAnswers requests = new CannedAnswers();
        try (socket) {
            for (int read = 0; read >= 0; read = socket.getInputStream().read(buffer)) {
                for (int due = requests.read(buffer, 0, read); due > 0; due--) {
                    socket.getOutputStream().write(CannedAnswers.OK);
                }
            }
        } catch (IOException e) {
            // The client has gone.
        }
    }

    private static void start(Runnable task) {
        Thread thread = new Thread(task, "loopback server");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        listening.close();
    }
}
