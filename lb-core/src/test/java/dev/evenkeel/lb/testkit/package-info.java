/** What tests of policies and of things built on the core need: nodes, randomness and traffic that do as they are told. */
package dev.evenkeel.lb.testkit;
