package dev.evenkeel.lb.sim;

/**
 * What happened to the attempts that were sent to one server. Each vanished, was refused or was received; each of those
 * received was answered, broken or dropped, or is still there.
 *
 * @param vanished attempts that never arrived, because it was cut off
 * @param refused attempts that were refused a connection
 * @param received attempts that it took in, if only to answer with an error
 * @param answered attempts that it answered, whether or not anybody still waited
 * @param broken attempts that broke when it crashed
 * @param dropped attempts not begun because the caller had given up
 * @param left attempts still in its queue or worked on at the end of the simulation
 */
public record ServerCounts(
        long vanished, long refused, long received, long answered, long broken, long dropped, int left) {}
