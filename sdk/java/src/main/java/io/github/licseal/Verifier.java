package io.github.licseal;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * Verifies licences, in the order of judgement of SPEC.md, section 6. A verifier does not
 * change; each of its settings returns another one.
 */
public final class Verifier {
    static final Duration CLOCK_SKEW = Duration.ofHours(24);

    private final List<TrustedKey> keys;
    private final Clock clock;
    private final Instant at;
    private final Duration grace;
    private final Roles roles;
    private final Revocations revocations;
    private final Basis basis; // null without a memory

    /** Returns a verifier without grace and without a revocation list, for the time that the clock shows. */
    public Verifier(List<TrustedKey> keys) {
        this(List.copyOf(keys), Clock.systemUTC(), null, Duration.ZERO, Roles.DEFAULT, null, null);
        if (keys.isEmpty()) throw new IllegalArgumentException("no trusted keys were given, so no signature can be verified");
    }

    /** Returns a verifier for the keys of a chain of trust. A chain that trusts no key is refused. */
    public Verifier(Chain chain) throws Refused {
        this(chain.keys(), Clock.systemUTC(), null, Duration.ZERO, Roles.DEFAULT, null, null);
        if (keys.isEmpty()) throw Chain.noKeys(chain.generation());
    }

    /** Returns a verifier for a program that remembers. What is refused already is thrown. */
    public Verifier(Basis basis) throws Refused {
        this(basis.keys(), Clock.systemUTC(), null, Duration.ZERO, Roles.DEFAULT, basis.list, basis);
        if (basis.refusal().isPresent()) throw basis.refusal().get();
    }

    private Verifier(List<TrustedKey> keys, Clock clock, Instant at, Duration grace, Roles roles, Revocations revocations, Basis basis) {
        this.keys = keys;
        this.clock = clock;
        this.at = at;
        this.grace = grace;
        this.roles = roles;
        this.revocations = revocations;
        this.basis = basis;
    }

    /** Judges as of an instant that you choose, which is held against a memory only. */
    public Verifier at(Instant at) {
        return new Verifier(keys, clock, at, grace, roles, revocations, basis);
    }

    /** Judges by another clock. */
    public Verifier clock(Clock clock) {
        return new Verifier(keys, clock, null, grace, roles, revocations, basis);
    }

    /** Accepts a licence for this long after its expiration, in the state IN_GRACE. */
    public Verifier grace(Duration grace) {
        if (grace.isNegative()) throw new IllegalArgumentException("the grace is negative: " + grace);
        return new Verifier(keys, clock, at, grace, roles, revocations, basis);
    }

    /** Finds the id and the dates elsewhere in the payload. */
    public Verifier roles(Roles roles) {
        return new Verifier(keys, clock, at, grace, roles, revocations, basis);
    }

    /** Refuses what a revocation list revokes. A list that is forged or malformed is refused itself. */
    public Verifier revocations(byte[] list) throws Refused {
        if (basis != null) throw new IllegalStateException("the revocation list is given to Memory.advance");
        return new Verifier(keys, clock, at, grace, roles, Revocations.open(list, keys), null);
    }

    /** What is known to have passed: floor is the latest instant remembered, and issued that of the list. */
    record Passed(Instant floor, Instant issued) {
        /** Refuses a clock that is more than a day behind. */
        void check(Instant now, Instant created, License license) throws Refused {
            Instant known = Times.later(Times.later(floor, issued), created);
            if (known == null || !now.isBefore(known.minus(CLOCK_SKEW))) return;
            throw new Refused("clock", "clock", "the clock is wrong, or was set back: " + known + " has passed", license);
        }
    }

    /** When a licence is valid. graceEnd is null if the grace that it grants cannot be read. */
    private record Period(Instant notBefore, Instant notAfter, Instant graceEnd) {
        License.State state(Instant at) {
            if (at.isBefore(notBefore)) return License.State.NOT_YET_VALID;
            if (at.isBefore(notAfter)) return License.State.VALID;
            return at.isBefore(graceEnd) ? License.State.IN_GRACE : License.State.EXPIRED;
        }
    }

    /** Verifies a licence. It returns what the licence says if it is valid or in grace, and throws if it is not. */
    public License verify(byte[] text) throws Refused {
        Document document = Document.read(text, Document.Kind.LICENSE);
        Map<String, Object> payload = document.payload();
        byte[] message = document.message("");
        Instant now = at != null ? at : clock.instant();
        Period period = period(payload);
        Instant created = period == null ? null : period.notBefore;
        TrustedKey key = TrustedKey.signer(keys, message, document.signature(), created);
        if (key == null) throw new Refused("signature", "signature", "no trusted key made this signature, or none that is trusted for licences of that date");

        boolean readable = period != null && period.graceEnd != null;
        String digest = HexFormat.of().formatHex(TrustedKey.sha256(message));
        License license = readable
            ? new License(payload, digest, key, now, period.state(now), period.notBefore, period.notAfter, period.graceEnd)
            : new License(payload, digest, key, now, null, null, null, null);
        Instant floor = basis == null ? null : basis.floor;
        Passed passed = new Passed(floor, revocations != null && (at == null || floor != null) ? revocations.issued() : null);
        if (revocations != null) revocations.check(license, readable ? created : null, id(payload), passed);
        if (!readable) throw new Refused("schema", "date", "a date or the days of grace are missing or malformed, or the licence expires before it was created", license);
        passed.check(now, floor == null ? null : created, license);
        return switch (license.state()) {
            case NOT_YET_VALID -> throw new Refused("not-yet-valid", "not-yet-valid", "not yet valid: valid from " + period.notBefore, license);
            case EXPIRED -> throw new Refused("expired", "expired", "expired at " + period.graceEnd, license);
            default -> license;
        };
    }

    /** Returns the period of a licence, and null if its dates cannot be read. */
    private Period period(Map<String, Object> payload) {
        Instant notBefore = Times.date(field(payload, roles.notBefore())), notAfter = Times.date(field(payload, roles.notAfter()));
        if (notBefore == null || notAfter == null || notAfter.isBefore(notBefore)) return null;
        Object days = roles.grace().isEmpty() ? (Object) 0L : field(payload, roles.grace());
        if (!(days instanceof Long n) || n < 0 || n > 36500) return new Period(notBefore, notAfter, null);
        Duration granted = Duration.ofDays(n), longer = granted.compareTo(grace) > 0 ? granted : grace;
        return new Period(notBefore, notAfter, notBefore.isBefore(notAfter) ? notAfter.plus(longer) : notAfter);
    }

    /** Returns the id of a licence: a string, or the text of a number. null if it has none. */
    private String id(Map<String, Object> payload) {
        Object id = field(payload, roles.id());
        if (id instanceof Number) return Numbers.text(id);
        return id instanceof String text && !text.isEmpty() ? text : null;
    }

    /** Returns the value at a JSON Pointer, and null if there is none. */
    private static Object field(Object payload, String pointer) {
        Object value = payload;
        for (String token : pointer.substring(1).split("/", -1)) {
            String name = token.replace("~1", "/").replace("~0", "~");
            if (value instanceof Map<?, ?> object) value = object.get(name);
            else if (value instanceof List<?> array && name.matches("0|[1-9][0-9]{0,8}") && Integer.parseInt(name) < array.size()) value = array.get(Integer.parseInt(name));
            else return null;
        }
        return value;
    }
}
