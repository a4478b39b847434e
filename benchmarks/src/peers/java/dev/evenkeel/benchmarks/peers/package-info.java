/** Balancers of others, whose dependencies disagree with ours: compiled in the Maven profile {@code peers} only. */
@NullMarked
package dev.evenkeel.benchmarks.peers;

import org.jspecify.annotations.NullMarked;
