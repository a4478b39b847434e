import org.jspecify.annotations.NullMarked;

/**
 * The simulator: drives the real core, not a model of it, in virtual time over a described fleet with scripted faults.
 * The same seed gives the same run, so that a policy can be proved on one's own topology before production.
 */
@NullMarked
module dev.evenkeel.lb.sim {
    requires transitive dev.evenkeel.lb;
    requires static transitive org.jspecify;

    exports dev.evenkeel.lb.sim;
}
