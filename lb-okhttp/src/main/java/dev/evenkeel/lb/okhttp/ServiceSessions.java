package dev.evenkeel.lb.okhttp;

import okhttp3.CookieJar;
import okhttp3.Request;

/** How the sessions of a service are recognised. Safe for use by many threads. */
interface ServiceSessions {
    /** Begins a call; the jar is where the client keeps its cookies. */
    CallSession begin(Request request, CookieJar jar);
}
