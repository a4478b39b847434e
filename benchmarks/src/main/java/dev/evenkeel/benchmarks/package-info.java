/** What the request path and the control loop cost, beside bare floors and beside peers in the same run. */
@NullMarked
package dev.evenkeel.benchmarks;

import org.jspecify.annotations.NullMarked;
