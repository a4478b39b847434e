package dev.evenkeel.lb.endpoint;

import java.util.List;

/** What a look-up has to tell a listener. */
sealed interface Report {
    void tell(EndpointSource.Listener listener);

    /** The complete current list. */
    record Found(List<Endpoint> endpoints) implements Report {
        public Found {
            endpoints = List.copyOf(endpoints);
        }

        @Override
        public void tell(EndpointSource.Listener listener) {
            listener.onEndpoints(endpoints);
        }
    }

    /** No list, and why. */
    record Failed(String reason) implements Report {
        @Override
        public void tell(EndpointSource.Listener listener) {
            listener.onFailure(reason);
        }
    }
}
