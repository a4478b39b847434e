package dev.evenkeel.benchmarks.grpc;

import dev.evenkeel.lb.endpoint.Endpoint;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCalls;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Servers in a process of their own, so that what the clients' process spends is the clients'. */
final class ServerProcess implements AutoCloseable {
    private final Process process;
    private final List<Endpoint> endpoints = new ArrayList<>();

    /** Starts so many servers. */
    ServerProcess(int size) throws IOException {
        process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        ServerProcess.class.getName(),
                        String.valueOf(size))
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        BufferedReader ports =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII));
        for (int i = 0; i < size; i++) {
            endpoints.add(Endpoint.of("127.0.0.1", Integer.parseInt(String.valueOf(ports.readLine()))));
        }
    }

    List<Endpoint> endpoints() {
        return endpoints;
    }

    /** The other process ends at the end of its input, also when this one dies. */
    @Override
    public void close() throws IOException {
        process.getOutputStream().close();
    }

    /** The other process: prints a port a line, and answers every call with its request. */
    public static void main(String[] args) throws IOException {
        List<Server> servers = new ArrayList<>();
        for (int i = 0; i < Integer.parseInt(args[0]); i++) {
            Server server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                    .directExecutor()
                    .addService(ServerServiceDefinition.builder(Orders.SERVICE)
                            .addMethod(Orders.GET, ServerCalls.asyncUnaryCall((request, response) -> {
                                response.onNext(request);
                                response.onCompleted();
                            }))
                            .build())
                    .build()
                    .start();
            servers.add(server);
            System.out.println(server.getPort());
        }
        System.in.read();
        servers.forEach(Server::shutdownNow);
    }
}
