package dev.evenkeel.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.function.LongUnaryOperator;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.profile.InternalProfiler;
import org.openjdk.jmh.results.AggregationPolicy;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.ScalarResult;

/**
 * What one operation costs the threads that call: processor time and bytes; and the processor time of the whole process, which is more
 * by what the garbage collector and threads of the measured library do meanwhile. Where other programs share the machine it says
 * more than wall time, which counts their turns as well. Use it with {@code -prof dev.evenkeel.benchmarks.Spent}.
 */
public final class Spent implements InternalProfiler {
    private static final String CALLER = "-jmh-worker-"; // in the names of JMH's threads

    private final OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    private final ThreadMXBean threads = ManagementFactory.getPlatformMXBean(ThreadMXBean.class);
    private long processBefore;
    private long callersBefore;
    private long bytesBefore;

    @Override
    public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {
        bytesBefore = ofCallers(threads::getThreadAllocatedBytes);
        callersBefore = ofCallers(threads::getThreadCpuTime);
        processBefore = system.getProcessCpuTime();
    }

    @Override
    public Collection<? extends Result<?>> afterIteration(
            BenchmarkParams benchmark, IterationParams iteration, IterationResult result) {
        double process = system.getProcessCpuTime() - processBefore;
        double callers = ofCallers(threads::getThreadCpuTime) - callersBefore;
        double bytes = ofCallers(threads::getThreadAllocatedBytes) - bytesBefore;
        long operations = result.getMetadata().getAllOps();
        return List.of(
                new ScalarResult("cpu", callers / operations, "ns/op", AggregationPolicy.AVG),
                new ScalarResult("cpu.process", process / operations, "ns/op", AggregationPolicy.AVG),
                new ScalarResult("bytes", bytes / operations, "B/op", AggregationPolicy.AVG));
    }

    private long ofCallers(LongUnaryOperator figure) {
        return Arrays.stream(threads.getThreadInfo(threads.getAllThreadIds()))
                .filter(thread -> thread != null && thread.getThreadName().contains(CALLER))
                .mapToLong(ThreadInfo::getThreadId)
                .map(figure)
                .sum();
    }

    @Override
    public String getDescription() {
        return "Processor time and bytes of the calling threads, and processor time of the process";
    }
}
