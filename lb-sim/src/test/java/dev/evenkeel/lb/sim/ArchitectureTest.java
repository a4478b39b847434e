package dev.evenkeel.lb.sim;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.IdentityHashMap;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;

/** What would make two runs differ does not occur in the simulator. */
class ArchitectureTest {
    private static final JavaClasses SIMULATOR = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.evenkeel.lb.sim");

    @Test
    void nothingReadsTheRealClockOrUsesTheJdksRandomnessOrThreads() {
        noClasses()
                .should()
                .callMethod(System.class, "nanoTime")
                .orShould()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(System.class, "identityHashCode", Object.class)
                .orShould()
                .dependOnClassesThat()
                .belongToAnyOf(Random.class, ThreadLocalRandom.class, IdentityHashMap.class, Thread.class)
                .check(SIMULATOR);
    }

    @Test
    void arithmeticIsTheSameOnEveryMachine() {
        noClasses()
                .should()
                .callMethodWhere(DescribedPredicate.describe(
                        "is a function of Math that JDKs may compute differently",
                        call -> call.getTargetOwner().isEquivalentTo(Math.class)
                                && call.getName()
                                        .matches("exp|expm1|log|log1p|log10|pow|sin|cos|tan|cbrt|sinh|cosh|tanh")))
                .check(SIMULATOR);
    }

    @Test
    void onlyWhatUsersNeedIsPublic() {
        classes()
                .that()
                .areTopLevelClasses()
                .and()
                .haveNameNotMatching(
                        ".*\\.(Simulation|Servers|Blip|Transport|ServiceTime|Clients|Fault|Target|Result|Period|Latencies|ServerCounts)")
                .should()
                .notHaveModifier(JavaModifier.PUBLIC)
                .check(SIMULATOR);
    }
}
