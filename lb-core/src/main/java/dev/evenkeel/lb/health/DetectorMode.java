package dev.evenkeel.lb.health;

/** What is done with a detector's verdicts. */
public enum DetectorMode {
    /** Verdicts are carried out. */
    ENFORCE,
    /** Verdicts are only announced: a dry run. */
    OBSERVE,
    /** Nothing is judged. */
    OFF
}
