/**
 * The adapter for grpc-java. Nothing is here yet. It will hold a name resolver for {@code lb:///service} targets and a
 * load balancer that hands Evenkeel's snapshots to gRPC as pickers, so that one channel shares health, in-flight counts
 * and the retry budget with every other client of the same service in the process.
 */
@NullMarked
package dev.evenkeel.lb.grpc;

import org.jspecify.annotations.NullMarked;
