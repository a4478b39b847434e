package dev.evenkeel.lb.endpoint;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What a list in a file can say of an endpoint besides its address and metadata: the same names and values in text and JSON. */
enum EndpointAttribute {
    ID(Kind.STRING),
    WEIGHT(Kind.NUMBER),
    PRIORITY(Kind.NUMBER),
    REGION(Kind.STRING),
    ZONE(Kind.STRING),
    TERMINATING(Kind.BOOLEAN);

    /** How JSON writes the value. */
    enum Kind {
        STRING,
        NUMBER,
        BOOLEAN
    }

    private static final Pattern DECIMAL = Pattern.compile("-?[0-9]{1,30}(\\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?");
    private static final Pattern INTEGER = Pattern.compile("[0-9]{1,9}");

    private final Kind kind;

    EndpointAttribute(Kind kind) {
        this.kind = kind;
    }

    static Optional<EndpointAttribute> named(String key) {
        return Arrays.stream(values())
                .filter(attribute -> attribute.key().equals(key))
                .findFirst();
    }

    static String keys() {
        return Arrays.stream(values()).map(EndpointAttribute::key).collect(Collectors.joining(", "));
    }

    String key() {
        return name().toLowerCase(Locale.ROOT);
    }

    Kind kind() {
        return kind;
    }

    /**
     * Returns the endpoint with this attribute.
     *
     * @throws IllegalArgumentException if the value is not allowed, naming it and what is
     */
    Endpoint apply(Endpoint endpoint, String value) {
        Locality locality = endpoint.locality();
        return switch (this) {
            case ID -> endpoint.withId(value);
            case WEIGHT -> endpoint.withWeight(decimal(value));
            case PRIORITY -> endpoint.withPriority(integer(value));
            case REGION -> endpoint.withLocality(new Locality(value, locality.zone()));
            case ZONE -> endpoint.withLocality(new Locality(locality.region(), value));
            case TERMINATING -> endpoint.withTerminating(bool(value));
        };
    }

    private static double decimal(String value) {
        if (!DECIMAL.matcher(value).matches()) {
            throw wrong(WEIGHT, value, "a number from 0 to 1000000, such as 1 or 0.5");
        }
        return Double.parseDouble(value);
    }

    private static int integer(String value) {
        if (!INTEGER.matcher(value).matches()) {
            throw wrong(PRIORITY, value, "a whole number from 0 to 999999999");
        }
        return Integer.parseInt(value);
    }

    private static boolean bool(String value) {
        return switch (value) {
            case "true" -> true;
            case "false" -> false;
            default -> throw wrong(TERMINATING, value, "true or false");
        };
    }

    private static IllegalArgumentException wrong(EndpointAttribute attribute, String value, String allowed) {
        return new IllegalArgumentException(attribute.key() + " is " + Limits.quote(value) + ", must be " + allowed);
    }
}
