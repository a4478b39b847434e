package dev.evenkeel.lb;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.time.Instant;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** The package graph of docs/design.md, and what may be called only at one place. */
class ArchitectureTest {
    private static final JavaClasses CORE = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.evenkeel.lb");

    @Test
    void dependenciesPointDownOnly() {
        layeredArchitecture()
                .consideringOnlyDependenciesInLayers()
                .layer("engine")
                .definedBy("dev.evenkeel.lb")
                .layer("policy")
                .definedBy("dev.evenkeel.lb.policy")
                .layer("health")
                .definedBy("dev.evenkeel.lb.health")
                .layer("retry")
                .definedBy("dev.evenkeel.lb.retry")
                .layer("limit")
                .definedBy("dev.evenkeel.lb.limit")
                .layer("locality")
                .definedBy("dev.evenkeel.lb.locality")
                .layer("observe")
                .definedBy("dev.evenkeel.lb.observe")
                .layer("endpoint")
                .definedBy("dev.evenkeel.lb.endpoint")
                .layer("call")
                .definedBy("dev.evenkeel.lb.call")
                .layer("time")
                .definedBy("dev.evenkeel.lb.time")
                .layer("text")
                .definedBy("dev.evenkeel.lb.text")
                .whereLayer("engine")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("policy")
                .mayOnlyBeAccessedByLayers("engine")
                .whereLayer("health")
                .mayOnlyBeAccessedByLayers("engine")
                .whereLayer("retry")
                .mayOnlyBeAccessedByLayers("engine")
                .whereLayer("limit")
                .mayOnlyBeAccessedByLayers("engine")
                .whereLayer("observe")
                .mayOnlyBeAccessedByLayers("engine")
                .whereLayer("locality")
                .mayOnlyBeAccessedByLayers("engine")
                .whereLayer("endpoint")
                .mayOnlyBeAccessedByLayers("engine", "policy", "health", "observe")
                .whereLayer("text")
                .mayOnlyBeAccessedByLayers(
                        "engine",
                        "policy",
                        "health",
                        "retry",
                        "limit",
                        "locality",
                        "observe",
                        "endpoint",
                        "call",
                        "time")
                .whereLayer("call")
                .mayOnlyBeAccessedByLayers("engine", "policy", "health", "retry", "limit", "locality", "observe")
                .whereLayer("time")
                .mayOnlyBeAccessedByLayers("engine", "retry", "limit", "endpoint")
                .check(CORE);
    }

    @Test
    void packagesHaveNoCycles() {
        slices().matching("dev.evenkeel.lb.(*)..").should().beFreeOfCycles().check(CORE);
    }

    @Test
    void clockRandomnessAndSleepAreNotCalledOutsideTheEnvironment() {
        ArchRule rule = noClasses()
                .that()
                .resideOutsideOfPackage("dev.evenkeel.lb.time")
                .should()
                .callMethod(System.class, "nanoTime")
                .orShould()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(Instant.class, "now")
                .orShould()
                .callMethod(Thread.class, "sleep", long.class)
                .orShould()
                .dependOnClassesThat()
                .belongToAnyOf(ThreadLocalRandom.class, Random.class, LockSupport.class);
        rule.check(CORE);
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
                .because("the last bits of these may differ, and a simulation must not: use StrictMath")
                .check(CORE);
    }

    @Test
    void namesSayWhatDiffers() {
        noClasses()
                .should()
                .haveNameMatching(".*\\.(Abstract|Base|Default)[A-Z][^.]*")
                .orShould()
                .haveNameMatching(".*(Impl|Utils?|Helper|Manager)")
                .check(CORE);
    }

    @Test
    void nothingIsInheritedButInterfacesAndTheJdk() {
        classes()
                .that()
                .areNotEnums()
                .and()
                .areNotRecords()
                .and()
                .areNotInterfaces()
                .and()
                .areNotAssignableTo(Throwable.class)
                .and()
                .areNotAnonymousClasses()
                .should()
                .haveModifier(JavaModifier.FINAL)
                .check(CORE);
    }
}
