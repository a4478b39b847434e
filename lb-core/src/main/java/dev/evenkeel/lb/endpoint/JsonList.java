package dev.evenkeel.lb.endpoint;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The JSON format of a list: an array of endpoints, or an object with that array as its only member {@code endpoints}. An endpoint is
 * a string, its address, or an object. The grammar has a fixed depth, so reading it is safe with any input.
 */
final class JsonList {
    private final JsonReader json;
    private final List<Endpoint> endpoints = new ArrayList<>();

    private JsonList(String text) {
        this.json = new JsonReader(text);
    }

    static List<Endpoint> parse(String text) {
        JsonList list = new JsonList(text);
        list.readAll();
        return list.endpoints;
    }

    private void readAll() {
        if (json.startsWith('{')) {
            int start = json.position();
            Set<String> keys = json.object(key -> {
                if (!key.equals("endpoints")) {
                    throw json.wrongKey(key, "is unknown, only endpoints is allowed here");
                }
                json.array(this::readEndpoint);
            });
            if (keys.isEmpty()) {
                throw json.wrongAt(start, "the object has no endpoints");
            }
        } else {
            json.array(this::readEndpoint);
        }
        json.end();
    }

    private void readEndpoint() {
        int start = json.position();
        Entry entry = new Entry();
        if (json.startsWith('{')) {
            json.object(entry::readMember);
        } else {
            entry.address = json.string("an endpoint: a string or an object");
        }
        try {
            endpoints.add(entry.toEndpoint());
            Limits.checkListSize(endpoints.size());
        } catch (IllegalArgumentException e) {
            throw json.wrongAt(start, String.valueOf(e.getMessage()));
        }
    }

    /** What has been read of one endpoint; its members may come in any order. */
    private final class Entry {
        private @Nullable String address;
        private final Map<EndpointAttribute, String> attributes = new EnumMap<>(EndpointAttribute.class);
        private final Map<String, String> metadata = new LinkedHashMap<>();

        void readMember(String key) {
            switch (key) {
                case "address" -> address = json.string("a string for address");
                case "metadata" ->
                    json.object(name -> metadata.put(name, json.string("a string for " + Limits.quote(name))));
                default -> readAttribute(key);
            }
        }

        private void readAttribute(String key) {
            EndpointAttribute attribute = EndpointAttribute.named(key)
                    .orElseThrow(() -> json.wrongKey(
                            key, "is unknown, allowed are address, " + EndpointAttribute.keys() + " and metadata"));
            String value = switch (attribute.kind()) {
                case STRING -> json.string("a string for " + key);
                case NUMBER -> json.number("a number for " + key);
                case BOOLEAN -> json.bool("true or false for " + key);
            };
            attributes.put(attribute, value);
        }

        Endpoint toEndpoint() {
            if (address == null) {
                throw new IllegalArgumentException("the endpoint has no address");
            }
            Endpoint endpoint = Endpoint.of(address);
            for (Map.Entry<EndpointAttribute, String> attribute : attributes.entrySet()) {
                endpoint = attribute.getKey().apply(endpoint, attribute.getValue());
            }
            for (Map.Entry<String, String> entry : metadata.entrySet()) {
                endpoint = endpoint.withMetadata(entry.getKey(), entry.getValue());
            }
            return endpoint;
        }
    }
}
