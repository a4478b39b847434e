package dev.evenkeel.lb.grpc;

import dev.evenkeel.lb.endpoint.Locality;
import io.grpc.Attributes;
import io.grpc.EquivalentAddressGroup;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Where an address is, as a control plane's resolver says it: {@code {region="r", zone="a", sub_zone=""}}. */
final class LocalityName {
    private static final Pattern TEXT = Pattern.compile("\\{region=\"([^\"]{0,200})\", zone=\"([^\"]{0,200})\".*}");

    /** The public key of the text; null where grpc-api is too old to have one. */
    private static final Attributes.@Nullable Key<?> KEY = key();

    private LocalityName() {}

    /** Returns where an address with these attributes is, if they say so. */
    static Locality locality(Attributes attributes) {
        Object text = KEY == null ? null : attributes.get(KEY);
        return text == null ? Locality.UNKNOWN : parse(text.toString());
    }

    static Locality parse(String text) {
        Matcher parts = TEXT.matcher(text);
        return parts.matches() ? new Locality(parts.group(1), parts.group(2)) : Locality.UNKNOWN;
    }

    private static Attributes.@Nullable Key<?> key() {
        try {
            Object key =
                    EquivalentAddressGroup.class.getField("ATTR_LOCALITY_NAME").get(null);
            return key instanceof Attributes.Key<?> known ? known : null;
        } catch (ReflectiveOperationException e) {
            return null;
        }
    }
}
