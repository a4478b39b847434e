/**
 * What the demo is made of. {@link dev.evenkeel.examples.demo.DemoRun} puts it together and shows how Evenkeel is used; the rest are
 * servers to balance over, callers, and a view on what happens.
 */
@NullMarked
package dev.evenkeel.examples.demo;

import org.jspecify.annotations.NullMarked;
