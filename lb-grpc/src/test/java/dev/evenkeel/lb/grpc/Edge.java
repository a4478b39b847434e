package dev.evenkeel.lb.grpc;

import dev.evenkeel.lb.endpoint.Endpoint;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.util.ReferenceCountUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A real HTTP/2 server that knows nothing of gRPC, as a proxy that answers by itself. */
final class Edge implements AutoCloseable {
    final AtomicInteger calls = new AtomicInteger();
    private final EventLoopGroup loop = new NioEventLoopGroup(1);
    private final Object answer;
    private final Channel channel;

    /** Answers everything with an HTTP status. */
    static Edge answering(int status) {
        return new Edge(new DefaultHttp2HeadersFrame(
                new DefaultHttp2Headers().status(String.valueOf(status)).set("content-type", "text/html"), true));
    }

    /** Resets every stream with {@code CANCEL}, and keeps its connections. */
    static Edge resetting() {
        return resetting(Http2Error.CANCEL);
    }

    /** Resets every stream, and keeps its connections. */
    static Edge resetting(Http2Error error) {
        return new Edge(new DefaultHttp2ResetFrame(error));
    }

    private Edge(Object answer) {
        this.answer = answer;
        this.channel = new ServerBootstrap()
                .group(loop)
                .channel(NioServerSocketChannel.class)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel connection) {
                        connection
                                .pipeline()
                                .addLast(
                                        Http2FrameCodecBuilder.forServer().build(),
                                        new Http2MultiplexHandler(new ChannelInitializer<>() {
                                            @Override
                                            protected void initChannel(Channel stream) {
                                                stream.pipeline().addLast(new Stream());
                                            }
                                        }));
                    }
                })
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .syncUninterruptibly()
                .channel();
    }

    /** A frame is of one stream. */
    private Object frame() {
        return answer instanceof DefaultHttp2ResetFrame reset
                ? new DefaultHttp2ResetFrame(reset.errorCode())
                : new DefaultHttp2HeadersFrame(((DefaultHttp2HeadersFrame) answer).headers(), true);
    }

    private final class Stream extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            if (message instanceof Http2HeadersFrame) {
                calls.incrementAndGet();
                var unused = context.writeAndFlush(frame());
            }
            ReferenceCountUtil.release(message);
        }
    }

    Endpoint endpoint() {
        return Endpoint.of("127.0.0.1", ((InetSocketAddress) channel.localAddress()).getPort());
    }

    @Override
    public void close() {
        loop.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
    }
}
