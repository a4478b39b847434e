package dev.evenkeel.examples;

import dev.evenkeel.examples.demo.DemoCommand;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;

/**
 * Watch Evenkeel at work: five servers that slow down, fail, die and join, steady traffic, and callers that notice none of it.
 *
 * <p>{@code ./mvnw -q -Pdemo -pl examples -am process-classes}, with {@code -Dexec.args="--help"} for its options.
 */
public final class Demo {
    private Demo() {}

    /** Runs the demo; see {@code --help} for arguments and exit codes. */
    public static void main(String[] args) throws InterruptedException {
        // Not System.out: Maven looks for colours in it, byte by byte, and a frame should reach the terminal whole.
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out));
        DemoCommand command = new DemoCommand(out, System.err, System.getenv());
        Runtime.getRuntime().addShutdownHook(new Thread(command::stop)); // Ctrl-C
        int exitCode = command.run(args);
        if (exitCode != 0) {
            System.exit(exitCode);
        }
    }
}
