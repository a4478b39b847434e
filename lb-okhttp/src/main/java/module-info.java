import org.jspecify.annotations.NullMarked;

/** Evenkeel in OkHttp: a client whose requests to a service's logical name go to the endpoint that the load balancer picks. */
@NullMarked
module dev.evenkeel.lb.okhttp {
    requires transitive dev.evenkeel.lb;
    requires transitive okhttp3;
    requires static transitive org.jspecify;

    exports dev.evenkeel.lb.okhttp;
}
