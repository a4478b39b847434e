/**
 * Runs every scenario with every policy in the simulator and writes what callers feel, as tables and pictures that are committed: a change
 * of balancing behaviour is then a difference that can be read. {@link dev.evenkeel.benchmarks.report.ReportCommand} is the start;
 * {@link dev.evenkeel.benchmarks.report.CallersFeel}, {@link dev.evenkeel.benchmarks.report.FailureStories} and {@link
 * dev.evenkeel.benchmarks.report.KeyStories} hold the scenarios, {@link dev.evenkeel.benchmarks.report.Drawing} names the other pictures.
 */
@NullMarked
package dev.evenkeel.benchmarks.report;

import org.jspecify.annotations.NullMarked;
