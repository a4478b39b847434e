package dev.evenkeel.lb.health;

import java.util.List;

/** Judges endpoints by what they did lately, and by their peers. A pure function of its input. */
public interface OutlierDetector {
    /** Returns whether verdicts are carried out. */
    DetectorMode mode();

    /**
     * Judges.
     *
     * @param all every endpoint that could take requests, judged together
     * @return those that stand out; others are not mentioned
     */
    List<Verdict> detect(List<EndpointStats> all);
}
