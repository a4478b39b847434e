/** More calls than real servers can answer, over OkHttp: what callers feel, beside the policy that knows all queues. */
@NullMarked
package dev.evenkeel.benchmarks.overload;

import org.jspecify.annotations.NullMarked;
