package dev.evenkeel.lb.grpc;

import io.grpc.ManagedChannelBuilder;
import io.grpc.NameResolver;
import java.security.CodeSource;
import java.util.Arrays;

/** The rule for versions of grpc-java: from 1.70 on a channel can be given arguments for its resolver. */
final class GrpcVersion {
    private GrpcVersion() {}

    /**
     * Checks the version that is on the class path, by what it can do: grpc-api does not say which it is.
     *
     * @throws IllegalStateException if it is too old, saying what to do
     */
    static void check() {
        check(ManagedChannelBuilder.class, "setNameResolverArg");
        check(NameResolver.ResolutionResult.Builder.class, "setAddressesOrError");
    }

    static void check(Class<?> type, String method) {
        if (!has(type, method)) {
            CodeSource source = type.getProtectionDomain().getCodeSource();
            throw new IllegalStateException(
                    "grpc-java is too old, must be 1.70.0 or newer: " + type.getName() + " has no "
                            + method + (source == null ? "" : " in " + source.getLocation())
                            + "; import io.grpc:grpc-bom in such a version");
        }
    }

    private static boolean has(Class<?> type, String method) {
        try {
            return Arrays.stream(type.getMethods())
                    .anyMatch(one -> one.getName().equals(method));
        } catch (NoClassDefFoundError e) {
            return false; // versions are mixed, and what its methods take is not there
        }
    }
}
