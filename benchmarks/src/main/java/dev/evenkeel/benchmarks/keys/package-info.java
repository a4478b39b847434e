/** Policies by key beside those of others. */
@NullMarked
package dev.evenkeel.benchmarks.keys;

import org.jspecify.annotations.NullMarked;
