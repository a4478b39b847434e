package dev.evenkeel.lb.grpc;

/** The same policy under a name with dots, as gRFC A52 asks for in configs of a control plane. Not for use by programs. */
public final class QualifiedPolicyProvider extends EvenkeelPolicyProvider {
    /** The policy's name in a {@code TypedStruct}. */
    static final String QUALIFIED_NAME = "dev.evenkeel.lb.Evenkeel";

    /** For the service loader. */
    public QualifiedPolicyProvider() {}

    @Override
    public String getPolicyName() {
        return QUALIFIED_NAME;
    }
}
