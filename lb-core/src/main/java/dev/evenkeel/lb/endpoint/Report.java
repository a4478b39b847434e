package dev.evenkeel.lb.endpoint;

import java.util.List;

/** What a look-up has to tell a listener. */
sealed interface Report {
    void tell(EndpointSource.Listener listener);

    /** The complete current list, as far as it can be used, and what was left out. */
    record Found(List<Endpoint> endpoints, Omissions omissions) implements Report {
        public Found {
            endpoints = List.copyOf(endpoints);
        }

        Found(List<Endpoint> endpoints) {
            this(endpoints, Omissions.NONE);
        }

        @Override
        public void tell(EndpointSource.Listener listener) {
            listener.onEndpoints(endpoints, omissions);
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
