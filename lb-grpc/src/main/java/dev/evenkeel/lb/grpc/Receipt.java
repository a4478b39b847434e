package dev.evenkeel.lb.grpc;

import io.grpc.LoadBalancer.ResolvedAddresses;

/**
 * Whether what a resolver of ours said has reached our policy, with our service config. It has not where an application
 * turned off gRPC's look-up of service configs on a builder that could not be merged with. Used in the channel's
 * context.
 */
final class Receipt {
    private static final System.Logger LOG = System.getLogger(EvenkeelGrpc.class.getName());

    private final String service;
    private boolean given;
    private boolean withConfig;
    private boolean said;

    Receipt(String service) {
        this.service = service;
    }

    /** Notes that our policy has the addresses. */
    static void give(ResolvedAddresses addresses) {
        Receipt receipt = addresses.getAttributes().get(ServiceAttributes.RECEIPT);
        if (receipt != null) {
            receipt.given = true;
            receipt.withConfig = addresses.getLoadBalancingPolicyConfig() != null;
        }
    }

    /** Says once what is lacking; after the addresses were told. */
    void check() {
        if (said || (given && withConfig)) {
            return;
        }
        said = true;
        LOG.log(
                System.Logger.Level.WARNING,
                "a channel to " + service + " has disableServiceConfigLookUp() and "
                        + (given
                                ? "a service config without ours, so calls are repeated only as far as that says"
                                : "another policy, so Evenkeel does not balance it")
                        + ": call EvenkeelGrpc.configure(builder, services)");
    }
}
