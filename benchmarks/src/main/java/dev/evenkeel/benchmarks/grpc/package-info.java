/**
 * What lb-grpc costs and what callers feel, beside the policies of grpc-java in the same run. {@link
 * dev.evenkeel.benchmarks.grpc.GrpcPolicy} says which.
 */
@NullMarked
package dev.evenkeel.benchmarks.grpc;

import org.jspecify.annotations.NullMarked;
