package dev.evenkeel.lb.health;

import dev.evenkeel.lb.endpoint.Endpoint;
import java.time.Duration;

/**
 * What to check.
 *
 * @param service the logical name that requests to the endpoint carry
 * @param endpoint the endpoint
 * @param timeout how long the check may take
 */
public record CheckTarget(String service, Endpoint endpoint, Duration timeout) {}
