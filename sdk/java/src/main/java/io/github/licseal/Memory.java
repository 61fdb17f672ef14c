package io.github.licseal;

import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a reader remembers (SPEC.md, sections 10.3, 11.3 and 11.4): the latest time that it has
 * seen, the newest revocation list without its licences, and the chain of trust. It does not
 * change; {@link Basis#memory} is the next one, a JSON text that the caller keeps.
 */
public final class Memory {
    private static final Check CHECK = new Check("memory", "memory");

    private final Clock clock;
    private final Instant latest;
    private final Revocations list; // the newest one seen
    private final Instant notBefore;
    private final String trust;

    private Memory(Clock clock, Instant latest, Revocations list, Instant notBefore, String trust) {
        this.clock = clock;
        this.latest = latest;
        this.list = list;
        this.notBefore = notBefore;
        this.trust = trust;
    }

    /** Reads a memory; null is the first one. Of the chain it reads nothing: that is verified again. */
    public static Memory of(String text) {
        if (text == null) return new Memory(Clock.systemUTC(), null, null, null, null);
        try {
            byte[] bytes = Document.utf8(text);
            Reader reader = new Reader(bytes);
            Map<String, Object> value = CHECK.members(reader.value(true), List.of("version"), List.of("latest", "list", "not_before", "trust"));
            CHECK.need(reader.at == bytes.length, "more text follows");
            Object trust = value.get("trust");
            CHECK.need("1".equals(value.get("version")) && (trust == null || trust instanceof String), "it is of another version");
            return new Memory(Clock.systemUTC(), time(value.get("latest")), list(value.get("list")), time(value.get("not_before")), (String) trust);
        } catch (Refused refused) {
            throw new IllegalArgumentException("the memory is damaged: " + refused.getMessage());
        }
    }

    private static Instant time(Object value) throws Refused {
        Instant time = value instanceof String text ? Times.time(text) : null;
        CHECK.need(value == null || time != null, "a time such as 2027-12-31T12:00:00Z is expected");
        return time;
    }

    private static Revocations list(Object value) throws Refused {
        if (value == null) return null;
        Map<String, Object> list = CHECK.members(value, List.of("digest", "payload", "signer"), List.of());
        boolean isSigned = Check.isDigest(list.get("digest")) && list.get("signer") instanceof String id && id.matches(Document.KEY_ID);
        CHECK.need(isSigned, "a digest or a fingerprint is malformed");
        return Revocations.read(list.get("payload"), (String) list.get("digest"), (String) list.get("signer"));
    }

    /** Reads the time from another clock. */
    public Memory clock(Clock clock) {
        return new Memory(clock, latest, list, notBefore, trust);
    }

    /** Holds a revocation list, or null, against what is remembered. */
    public Basis advance(List<TrustedKey> keys, byte[] list) {
        if (keys.isEmpty()) throw new IllegalArgumentException("no trusted keys were given, so no signature can be verified");
        Advance next = new Advance();
        next.run(() -> {
            if (trust != null) throw new Refused("trust", "anchor", "a chain of trust was followed before, and keys from elsewhere do not take its place");
            next.keys = List.copyOf(keys);
        }, list);
        return next.basis();
    }

    /**
     * Follows a chain of trust, and holds a revocation list, or null, against what is
     * remembered. Without a chain, or with one that is refused, what is remembered stays in
     * force. anchor is the digest in the program.
     */
    public Basis advance(String anchor, byte[] chain, byte[] list) {
        Advance next = new Advance();
        next.run(() -> next.follow(anchor, chain), list);
        return next.basis();
    }

    private interface First {
        void run() throws Refused;
    }

    /** The next memory in the making, and what licences are judged by. */
    private final class Advance {
        Instant latest = Memory.this.latest, notBefore = Memory.this.notBefore;
        Revocations list = Memory.this.list, given;
        String trust = Memory.this.trust;
        List<TrustedKey> keys = List.of();
        long generation;
        final List<Refused> warnings = new ArrayList<>();
        Refused refusal;

        /** Takes what is given in the order of SPEC.md, section 11.4: the keys, and then the list. */
        void run(First first, byte[] text) {
            Instant now = clock.instant();
            if (Times.time(now.toString()) == null) throw new IllegalArgumentException("the clock says " + now);
            try {
                first.run();
                if (keys.isEmpty()) throw Chain.noKeys(generation);
                observe(text, now);
            } catch (Refused refused) {
                refusal = refused;
            }
        }

        void follow(String anchor, byte[] text) throws Refused {
            Chain known = trust == null ? null : Chain.open(Document.utf8(trust), anchor, Integer.MAX_VALUE);
            try {
                if (text != null) known = known == null ? Chain.follow(text, anchor, null) : known.extend(text);
                else if (known == null) throw new Refused("trust", "gap", "there is no chain of trust, and none is remembered");
            } catch (Refused refused) {
                if (known == null) throw refused;
                warnings.add(refused);
            }
            trust = Document.text(known.seen());
            keys = known.keys();
            generation = known.generation();
            if (list != null && keys.stream().noneMatch(key -> key.id().equals(list.signer()) && key.trusts(list.issued()))) {
                list = null;
                notBefore = known.issued();
            }
        }

        /** Remembers the time, and a list unless that is null. */
        void observe(byte[] text, Instant now) throws Refused {
            if (text != null) {
                given = Revocations.open(text, keys);
                check(given);
                if (now.isBefore(given.issued().minus(Verifier.CLOCK_SKEW))) {
                    warnings.add(new Refused("clock", "clock", "the clock is behind the revocation list, which is not remembered"));
                    return;
                }
                list = given;
                notBefore = null;
            } else if (list != null) {
                warnings.add(new Refused("revocation-list", "missing", "a revocation list was seen before, and none is given: revocation is not checked"));
            }
            latest = Times.later(Times.later(latest, now), list == null ? null : list.issued());
        }

        /** Refuses a list that must not replace the newest one seen (section 10.3). */
        void check(Revocations next) throws Refused {
            if (list == null) {
                if (notBefore != null && next.issued().isBefore(notBefore)) throw refused("replayed", "the list was issued before the signer of an earlier one lost its trust");
                return;
            }
            if (next.generation() == list.generation() && next.digest().equals(list.digest())) return;
            if (list.refuses(next.signer(), next.issued())) throw refused("signer-revoked", "the key that signed the list is revoked by the newest list seen");
            if (next.refuses(list.signer(), list.issued()) && !next.issued().isBefore(list.issued())) return;
            String seen = "generation " + list.generation();
            if (next.generation() < list.generation()) throw refused("replayed", "the list has generation " + next.generation() + ", and " + seen + " was seen already");
            if (next.generation() == list.generation()) throw refused("forked", "another list of " + seen + " was seen already");
            if (next.issued().isBefore(list.issued())) throw refused("replayed", "the list was issued before that of " + seen);
        }

        private static Refused refused(String code, String detail) {
            return new Refused("revocation-list", code, detail);
        }

        Basis basis() {
            Map<String, Object> value = new TreeMap<>(Map.of("version", "1"));
            if (latest != null) value.put("latest", latest.toString());
            if (notBefore != null) value.put("not_before", notBefore.toString());
            if (trust != null) value.put("trust", trust);
            if (list != null) {
                Map<String, Object> payload = new TreeMap<>(list.payload());
                payload.put("licenses", Map.of());
                value.put("list", Map.of("digest", list.digest(), "payload", payload, "signer", list.signer()));
            }
            return new Basis(Document.canonical(value), keys, generation, list == null ? 0 : list.generation(), List.copyOf(warnings), refusal, given, latest);
        }
    }
}
