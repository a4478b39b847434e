import org.jspecify.annotations.NullMarked;

/**
 * Evenkeel's core: server lists, balancing algorithms, health state, retry budgets and circuit breakers. It does no request I/O of its own;
 * adapters ask it which endpoint to use and tell it how that went.
 */
@NullMarked
@SuppressWarnings({"requires-automatic", "requires-transitive-automatic"}) // Resilience4j has no module-info
module dev.evenkeel.lb {
    requires com.github.benmanes.caffeine;
    requires transitive io.github.resilience4j.circuitbreaker;
    requires transitive io.github.resilience4j.core; // has types of its settings
    requires org.slf4j; // not ours: Resilience4j logs through it, and cannot ask for it itself
    requires static transitive org.jspecify;

    exports dev.evenkeel.lb;
    exports dev.evenkeel.lb.call;
    exports dev.evenkeel.lb.endpoint;
    exports dev.evenkeel.lb.health;
    exports dev.evenkeel.lb.limit;
    exports dev.evenkeel.lb.locality;
    exports dev.evenkeel.lb.observe;
    exports dev.evenkeel.lb.policy;
    exports dev.evenkeel.lb.retry;
    exports dev.evenkeel.lb.text;
    exports dev.evenkeel.lb.time;
}
