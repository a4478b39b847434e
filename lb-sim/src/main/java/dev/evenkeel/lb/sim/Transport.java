package dev.evenkeel.lb.sim;

/** How callers are connected to servers, and when an attempt counts as in flight. */
public enum Transport {
    /**
     * As an HTTP client does it: connections are made when they are needed, and an attempt counts as in flight from its pick on. The default.
     */
    CONNECT_ON_DEMAND,

    /**
     * As a gRPC channel does it: there is one connection to each endpoint, made as soon as the endpoint is listed, which takes a round trip.
     * Only what is connected is picked, and calls wait while nothing is that may yet be. An attempt counts as in flight only when its headers
     * are on the wire, 50 µs after its pick, so that the calls of a burst do not see each other. A connection is lost when its server crashes
     * or refuses, or when an attempt gets no answer in time and nothing else was heard meanwhile; it is made again at once, and then after 1 s,
     * 1.6 s, and so on up to 120 s, as gRPC does. Hedging has no effect: in gRPC it is a matter of the service config.
     */
    GRPC
}
