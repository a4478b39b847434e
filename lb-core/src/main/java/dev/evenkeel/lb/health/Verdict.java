package dev.evenkeel.lb.health;

import dev.evenkeel.lb.endpoint.Endpoint;

/**
 * A detector's judgement of one endpoint. It is advice: the one who acts on it also looks at how many are out already.
 *
 * @param endpoint whom it concerns
 * @param sentence what should be done
 * @param reason what the endpoint did, in words for a person
 */
public record Verdict(Endpoint endpoint, Sentence sentence, String reason) {
    /** What a detector may ask for. */
    public enum Sentence {
        /** Leave it out for a while. */
        EJECT,
        /** Give it half of its share for as long as it behaves so. */
        HALVE
    }
}
