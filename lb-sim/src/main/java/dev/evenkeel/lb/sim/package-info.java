/**
 * The simulator. Nothing is here yet. It will drive the real core, not a model of it, in virtual time over a described
 * topology with scripted faults; the same seed gives the same run, so that a policy can be proved on one's own topology
 * before production.
 */
@NullMarked
package dev.evenkeel.lb.sim;

import org.jspecify.annotations.NullMarked;
