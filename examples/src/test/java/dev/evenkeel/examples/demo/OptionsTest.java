package dev.evenkeel.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class OptionsTest {
    @Test
    void nothingGivenMeansTheDefaults() {
        assertThat(Options.parse())
                .isEqualTo(new Options(PolicyChoice.LEAST_LOADED, Duration.ofSeconds(20), 200, false, false));
    }

    @Test
    void everyOptionIsTaken() {
        assertThat(Options.parse("--seconds", "3", "--rps=5000", "--policy", "round-robin", "--plain", "--help"))
                .isEqualTo(new Options(PolicyChoice.ROUND_ROBIN, Duration.ofSeconds(3), 5000, true, true));
    }

    @ParameterizedTest
    @EnumSource
    void everyPolicyCanBeAskedForAndIsInTheUsage(PolicyChoice choice) {
        assertThat(Options.parse("--policy", choice.option()).policy()).isEqualTo(choice);
        assertThat(Options.USAGE).contains(choice.option());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--secnds 3 | unknown option '--secnds' (did you mean --seconds?); --help lists all",
                "fast | unknown option 'fast'; --help lists all",
                "--seconds | --seconds needs a whole number from 3 to 3600, such as --seconds 20",
                "--seconds --plain | --seconds needs a whole number from 3 to 3600, such as --seconds 20",
                "--seconds 2 | --seconds is '2', must be a whole number from 3 to 3600",
                "--seconds 3601 | --seconds is '3601', must be a whole number from 3 to 3600",
                "--rps many | --rps is 'many', must be a whole number from 1 to 5000",
                "--rps 0 | --rps is '0', must be a whole number from 1 to 5000",
                "--rps 99999999999 | --rps is '99999999999', must be a whole number from 1 to 5000",
                "--rps= | --rps needs a whole number from 1 to 5000, such as --rps 200",
                "--policy | --policy needs a policy, such as --policy least-loaded",
                "--plain=yes | unknown option 'yes'; --help lists all",
                "--policy least-loded | unknown policy 'least-loded' (did you mean least-loaded?); there are least-loaded, in-flight, "
                        + "round-robin, weighted-round-robin, random, weighted-random",
                "--policy fastest | unknown policy 'fastest'; there are least-loaded, in-flight, round-robin, weighted-round-robin, "
                        + "random, weighted-random",
            })
    void whatCannotBeUnderstoodIsSaidInOneLine(String commandLine, String message) {
        assertThatThrownBy(() -> Options.parse(commandLine.split(" ")))
                .isInstanceOf(BadArgument.class)
                .hasMessage(message);
    }
}
