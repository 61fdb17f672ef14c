package io.github.licseal;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** What licences are judged by: trusted keys, a revocation list, and what is remembered. */
public final class Basis {
    private final String memory;
    private final List<TrustedKey> keys;
    private final long generation;
    private final long listGeneration;
    private final List<Refused> warnings;
    private final Refused refusal;
    final Revocations list; // null if none is given
    final Instant floor; // the latest instant remembered, or null

    Basis(String memory, List<TrustedKey> keys, long generation, long listGeneration, List<Refused> warnings, Refused refusal, Revocations list, Instant floor) {
        this.memory = memory;
        this.keys = keys;
        this.generation = generation;
        this.listGeneration = listGeneration;
        this.warnings = warnings;
        this.refusal = refusal;
        this.list = list;
        this.floor = floor;
    }

    /** Returns what to remember: give it to {@link Memory#of} the next time. */
    public String memory() {
        return memory;
    }

    /** Returns why no licence is accepted; empty if nothing is in the way. */
    public Optional<Refused> refusal() {
        return Optional.ofNullable(refusal);
    }

    /** Returns what stops nothing: a chain that was refused, a list that is missing or issued ahead. */
    public List<Refused> warnings() {
        return warnings;
    }

    /** Returns the newest generation of the chain of trust; 0 for trusted keys. */
    public long generation() {
        return generation;
    }

    /** Returns the generation of the newest revocation list remembered; 0 if there is none. */
    public long listGeneration() {
        return listGeneration;
    }

    /** Returns the keys that are trusted. */
    public List<TrustedKey> keys() {
        return keys;
    }
}
