package dev.evenkeel.lb.grpc;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.endpoint.Endpoint;
import io.grpc.Attributes;

/** What the resolver hands to the policy beside addresses. Objects, not text: both sit in the same channel. */
final class ServiceAttributes {
    /** Of a result: whose endpoints these are. */
    static final Attributes.Key<LoadBalancer> SERVICE = Attributes.Key.create("dev.evenkeel.lb.service");

    /** Of an address: the endpoint. */
    static final Attributes.Key<Endpoint> ENDPOINT = Attributes.Key.create("dev.evenkeel.lb.endpoint");

    private ServiceAttributes() {}
}
