/** Small runnable programs, one idea each. Start with {@link dev.evenkeel.examples.RetrofitExample}; watch {@link dev.evenkeel.examples.Demo}. */
@NullMarked
package dev.evenkeel.examples;

import org.jspecify.annotations.NullMarked;
