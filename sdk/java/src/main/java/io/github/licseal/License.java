package io.github.licseal;

import java.time.Instant;
import java.util.Map;

/**
 * A licence whose signature was verified.
 *
 * @param payload what the vendor grants, exactly what was signed: Map, List, String, Long,
 *     Double, Boolean and null
 * @param digest the SHA-256 of the canonical payload, in hex digits
 * @param key the key that made the signature
 * @param time the instant of judgement
 * @param state VALID or IN_GRACE if the licence is accepted; null in a refusal for its dates
 * @param notBefore when the licence begins; null in a refusal for its dates
 * @param notAfter when it expires; null in a refusal for its dates
 * @param graceEnd when it is refused; null in a refusal for its dates
 */
public record License(Map<String, Object> payload, String digest, TrustedKey key, Instant time, State state, Instant notBefore, Instant notAfter, Instant graceEnd) {
    /** Where a licence is in its validity period. */
    public enum State { NOT_YET_VALID, VALID, IN_GRACE, EXPIRED }
}
