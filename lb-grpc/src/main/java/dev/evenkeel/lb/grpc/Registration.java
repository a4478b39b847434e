package dev.evenkeel.lb.grpc;

import io.grpc.LoadBalancerProvider;
import io.grpc.LoadBalancerRegistry;
import io.grpc.NameResolverProvider;
import io.grpc.NameResolverRegistry;
import java.security.CodeSource;

/**
 * Our entries in gRPC's registries, which are one for the process. The service loader makes them as a rule; not where
 * gRPC's class loader does not see ours, or the files under {@code META-INF/services} were lost when jars were joined.
 * And another copy of this library may have made them before: then ours have names of their own. Safe for use by many
 * threads.
 */
final class Registration {
    private static final String OWN_POLICY = EvenkeelPolicyProvider.NAME + "-"
            + Integer.toHexString(System.identityHashCode(Registration.class)); // a copy's own class

    private Registration() {}

    /** Registers what is missing. */
    static void ensure() {
        if (NameResolverRegistry.getDefaultRegistry().getProviderForScheme(ServiceTarget.SCHEME) == null) {
            NameResolverRegistry.getDefaultRegistry().register(new ServiceResolverProvider());
        }
        String unused = policy();
    }

    /** Returns the name of our policy, and registers it if need be. */
    static String policy() {
        LoadBalancerRegistry policies = LoadBalancerRegistry.getDefaultRegistry();
        LoadBalancerProvider found = policies.getProvider(EvenkeelPolicyProvider.NAME);
        if (found == null) {
            policies.register(new EvenkeelPolicyProvider());
            policies.register(new QualifiedPolicyProvider());
            return EvenkeelPolicyProvider.NAME;
        }
        if (found instanceof EvenkeelPolicyProvider) {
            return EvenkeelPolicyProvider.NAME;
        }
        if (policies.getProvider(OWN_POLICY) == null) {
            policies.register(new OwnPolicy());
        }
        return OWN_POLICY;
    }

    /**
     * Makes targets of one more scheme ours.
     *
     * @throws IllegalArgumentException if the scheme is malformed, or somebody else's
     */
    static void addScheme(String scheme) {
        if (!scheme.matches("[a-z][a-z0-9+.-]*")) {
            throw new IllegalArgumentException(
                    "scheme '" + scheme + "' must begin with a letter a-z, and have only a-z, 0-9, '+', '.' and '-'");
        }
        NameResolverRegistry schemes = NameResolverRegistry.getDefaultRegistry();
        NameResolverProvider found = schemes.getProviderForScheme(scheme);
        if (found == null) {
            schemes.register(new ServiceResolverProvider(scheme));
        } else if (!(found instanceof ServiceResolverProvider)) {
            throw new IllegalArgumentException(
                    "scheme '" + scheme + "' is taken by " + found.getClass().getName() + copy(found));
        }
    }

    /** Returns the words about where a class of another copy comes from. */
    static String copy(Object of) {
        CodeSource source = of.getClass().getProtectionDomain().getCodeSource();
        return source == null || source.getLocation() == null ? "" : " from " + source.getLocation();
    }

    private static final class OwnPolicy extends EvenkeelPolicyProvider {
        @Override
        public String getPolicyName() {
            return OWN_POLICY;
        }
    }
}
