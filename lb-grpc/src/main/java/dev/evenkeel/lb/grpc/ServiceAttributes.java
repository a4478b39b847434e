package dev.evenkeel.lb.grpc;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.endpoint.Endpoint;
import io.grpc.Attributes;
import io.grpc.Status;

/** What the resolver hands to the policy beside addresses. Objects, not text: both sit in the same channel. */
final class ServiceAttributes {
    /** Of a result: whose endpoints these are. */
    static final Attributes.Key<LoadBalancer> SERVICE = Attributes.Key.create("dev.evenkeel.lb.service");

    /** Of an address: the endpoint. */
    static final Attributes.Key<Endpoint> ENDPOINT = Attributes.Key.create("dev.evenkeel.lb.endpoint");

    /** Of an address that is none: why there is none. */
    static final Attributes.Key<Status> NO_ADDRESS = Attributes.Key.create("dev.evenkeel.lb.no-address");

    /** Of an address that is none yet: it is being looked up. */
    static final Attributes.Key<Boolean> IS_LOOKED_UP = Attributes.Key.create("dev.evenkeel.lb.is-looked-up");

    /** Of a result: for which methods the application says itself which calls are made again. */
    static final Attributes.Key<ConfiguredMethods> METHODS = Attributes.Key.create("dev.evenkeel.lb.methods");

    /** Of a result: whether our policy has it. */
    static final Attributes.Key<Receipt> RECEIPT = Attributes.Key.create("dev.evenkeel.lb.receipt");

    private ServiceAttributes() {}
}
