package dev.evenkeel.lb.endpoint;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The JSON format of a list: an array of endpoints, or an object with that array as its member {@code endpoints}. An endpoint is
 * a string, its address, or an object. Text that is no JSON is refused as a whole; an endpoint that cannot be used is left out, and so is a key
 * or a metadata entry that cannot be used.
 */
final class JsonList {
    private final JsonReader json;
    private final List<Endpoint> endpoints = new ArrayList<>();
    private final Omitting omitting = new Omitting();
    private int entries;

    private JsonList(String text) {
        this.json = new JsonReader(text);
    }

    static Report.Found parse(String text) {
        JsonList list = new JsonList(text);
        list.readAll();
        return new Report.Found(list.endpoints, list.omitting.omissions());
    }

    private void readAll() {
        if (json.startsWith('{')) {
            int start = json.position();
            Set<String> keys = json.object(this::readMember);
            if (!keys.contains("endpoints")) {
                throw json.wrongAt(start, "the object has no endpoints");
            }
        } else {
            json.array(this::readEndpoint);
        }
        json.end();
    }

    private void readMember(String key) {
        if (key.equals("endpoints")) {
            json.array(this::readEndpoint);
        } else {
            omit(json.wrongKey(key, "is unknown, only endpoints is allowed here"), "key");
            json.value("a value");
        }
    }

    private void readEndpoint() {
        Limits.checkListSize(++entries);
        JsonReader value = json.value("an endpoint: a string or an object");
        try {
            endpoints.add(new Entry(value).read());
        } catch (IllegalArgumentException e) {
            omit(e, "endpoint");
        }
    }

    private void omit(IllegalArgumentException why, String what) {
        omitting.add(why.getMessage() + "; the " + what + " is left out");
    }

    /** One endpoint; its members may come in any order. */
    private final class Entry {
        private final JsonReader json;
        private @Nullable String address;
        private final Map<EndpointAttribute, String> attributes = new EnumMap<>(EndpointAttribute.class);
        private final Map<String, String> metadata = new LinkedHashMap<>();

        Entry(JsonReader json) {
            this.json = json;
        }

        Endpoint read() {
            int start = json.position();
            if (json.startsWith('{')) {
                json.object(this::readMember);
            } else {
                address = json.string("an endpoint: a string or an object");
            }
            try {
                return toEndpoint(start);
            } catch (IllegalArgumentException e) {
                throw json.wrongAt(start, String.valueOf(e.getMessage()));
            }
        }

        private void readMember(String key) {
            if (json.takeNull()) {
                return; // as if the key were not there
            }
            switch (key) {
                case "address" -> address = json.string("a string for address");
                case "metadata" -> readMetadata();
                default -> readAttribute(key);
            }
        }

        private void readMetadata() {
            JsonReader value = json.value("an object");
            try {
                value.object(name -> readMetadata(name, value));
            } catch (IllegalArgumentException e) {
                omit(e, "rest of the metadata");
            }
        }

        private void readMetadata(String name, JsonReader values) {
            JsonReader value = values.value("a value");
            try {
                metadata.put(name, value.scalar("a string for " + Limits.quote(name)));
            } catch (IllegalArgumentException e) {
                omit(e, "metadata entry");
            }
        }

        private void readAttribute(String key) {
            Optional<EndpointAttribute> attribute = EndpointAttribute.named(key);
            if (attribute.isEmpty()) {
                omit(
                        json.wrongKey(
                                key, "is unknown, allowed are address, " + EndpointAttribute.keys() + " and metadata"),
                        "key");
                json.value("a value");
                return;
            }
            String value = switch (attribute.get().kind()) {
                case STRING -> json.string("a string for " + key);
                case NUMBER -> json.number("a number for " + key);
                case BOOLEAN -> json.bool("true or false for " + key);
            };
            attributes.put(attribute.get(), value);
        }

        private Endpoint toEndpoint(int start) {
            if (address == null) {
                throw new IllegalArgumentException("the endpoint has no address");
            }
            Endpoint endpoint = Endpoint.of(address);
            for (Map.Entry<EndpointAttribute, String> attribute : attributes.entrySet()) {
                endpoint = attribute.getKey().apply(endpoint, attribute.getValue());
            }
            for (Map.Entry<String, String> entry : metadata.entrySet()) {
                endpoint = withMetadata(endpoint, entry, start);
            }
            return endpoint;
        }

        private Endpoint withMetadata(Endpoint endpoint, Map.Entry<String, String> entry, int start) {
            try {
                return endpoint.withMetadata(entry.getKey(), entry.getValue());
            } catch (IllegalArgumentException e) {
                omit(json.wrongAt(start, String.valueOf(e.getMessage())), "metadata entry");
                return endpoint;
            }
        }
    }
}
