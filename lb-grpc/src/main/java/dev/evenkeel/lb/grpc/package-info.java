/**
 * Evenkeel in grpc-java: a name resolver for {@code lb:///service} targets, and a load balancing policy whose picks the service's load
 * balancer makes. All channels and other clients of a service in the process share health, latencies, in-flight counts and one retry budget.
 */
@NullMarked
package dev.evenkeel.lb.grpc;

import org.jspecify.annotations.NullMarked;
