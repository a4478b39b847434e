package dev.evenkeel.lb.endpoint;

/** Collects what is left out while a list is read. Used by one thread. */
final class Omitting {
    private Omissions omissions = Omissions.NONE;

    /** Notes one thing that is left out: where it stands, and what is wrong with it. */
    void add(String reason) {
        omissions = omissions.and(reason);
    }

    Omissions omissions() {
        return omissions;
    }
}
