import org.jspecify.annotations.NullMarked;

/**
 * Evenkeel's core: server lists, balancing algorithms, health state and retry budgets. It does no request I/O of its own;
 * adapters ask it which endpoint to use and tell it how that went.
 */
@NullMarked
module dev.evenkeel.lb {
    requires com.github.benmanes.caffeine;
    requires java.net.http;
    requires static transitive org.jspecify;

    exports dev.evenkeel.lb;
    exports dev.evenkeel.lb.call;
    exports dev.evenkeel.lb.endpoint;
    exports dev.evenkeel.lb.health;
    exports dev.evenkeel.lb.observe;
    exports dev.evenkeel.lb.policy;
    exports dev.evenkeel.lb.retry;
    exports dev.evenkeel.lb.time;
}
