package io.github.licseal;

import java.time.Instant;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** A revocation list whose signature was verified (SPEC.md, section 10). */
record Revocations(long generation, Instant issued, Instant nextUpdate, String salt, Map<String, Object> licenses, Map<String, Revocations.Key> keys,
    Map<String, Object> payload, String digest, String signer) {
    private static final String REASON = "revocation-list";
    private static final int MAX_KEYS = 10_000;
    private static final Check CHECK = new Check(REASON, "revocations");

    /** A revoked key. from is null if everything that it signed is refused. */
    record Key(String reason, Instant from) {}

    /** Reports whether what a key signed at an instant is not trusted. null is an instant that cannot be read. */
    boolean refuses(String keyID, Instant instant) {
        Key key = keys.get(keyID);
        return key != null && (key.from == null || instant == null || !instant.isBefore(key.from));
    }

    /** Returns why the licence with an id is revoked, and null if it is not. */
    String reasonOf(String id) {
        byte[] text = Document.utf8("licseal-revoked-license-v1\n" + salt + "\n" + id);
        return (String) licenses.get(HexFormat.of().formatHex(TrustedKey.sha256(text)));
    }

    /** Reads a list and verifies its signature. */
    static Revocations open(byte[] bytes, List<TrustedKey> trusted) throws Refused {
        Document document;
        try {
            document = Document.read(bytes, Document.Kind.REVOCATIONS);
        } catch (Refused refused) {
            throw new Refused(REASON, refused.code(), "the revocation list: " + refused.getMessage());
        }
        byte[] message = document.message("licseal-revocations-v1\n");
        String digest = HexFormat.of().formatHex(TrustedKey.sha256(message));
        Revocations list = read(document.payload(), digest, "");
        TrustedKey signer = TrustedKey.signer(trusted, message, document.signature(), list.issued);
        if (signer == null) throw new Refused(REASON, "forged", "no key that was trusted when the revocation list was issued has signed it");
        if (list.refuses(signer.id(), list.issued)) throw new Refused(REASON, "signer-revoked", "the revocation list revokes the key that signed it");
        return new Revocations(list.generation, list.issued, list.nextUpdate, list.salt, list.licenses, list.keys, list.payload, digest, signer.id());
    }

    private static boolean isReason(Object value) {
        return value instanceof String text && Document.utf8(text).length <= 200 && TrustedKeys.isGraphic(text);
    }

    /** Checks the payload of a list. */
    @SuppressWarnings("unchecked")
    static Revocations read(Object value, String digest, String signer) throws Refused {
        Map<String, Object> payload = CHECK.members(value, List.of("generation", "issued", "keys", "licenses", "next_update", "salt"), List.of());
        CHECK.need(Check.isCount(payload.get("generation"), Numbers.MAX_INTEGER), "generation must be an integer, 1 or greater");
        CHECK.need(payload.get("salt") instanceof String salt && salt.matches("[0-9a-f]{32}"), "salt must be 32 lower-case hex digits");
        CHECK.need(payload.get("licenses") instanceof Map && payload.get("keys") instanceof Map, "licenses and keys must be objects");
        Map<String, Object> licenses = (Map<String, Object>) payload.get("licenses");
        for (Map.Entry<String, Object> one : licenses.entrySet()) {
            CHECK.need(Check.isDigest(one.getKey()) && isReason(one.getValue()), "a revoked licence is a hash of 64 lower-case hex digits, and a printable reason");
        }
        Map<String, Object> listed = (Map<String, Object>) payload.get("keys");
        CHECK.need(listed.size() <= MAX_KEYS, "more than " + MAX_KEYS + " keys");
        Map<String, Key> keys = new HashMap<>();
        for (Map.Entry<String, Object> one : listed.entrySet()) {
            Map<String, Object> key = CHECK.members(one.getValue(), List.of("reason"), List.of("from"));
            CHECK.need(one.getKey().matches(Document.KEY_ID) && isReason(key.get("reason")), "a revoked key has a fingerprint and a printable reason");
            keys.put(one.getKey(), new Key((String) key.get("reason"), key.containsKey("from") ? CHECK.time(key.get("from")) : null));
        }
        Revocations list = new Revocations((Long) payload.get("generation"), CHECK.time(payload.get("issued")), CHECK.time(payload.get("next_update")),
            (String) payload.get("salt"), licenses, keys, payload, digest, signer);
        CHECK.need(list.issued.isBefore(list.nextUpdate), "next_update must be later than issued");
        return list;
    }

    /** Refuses a licence that is revoked. created is null if its dates cannot be read, and id if it has none. */
    void check(License license, Instant created, String id, Verifier.Passed passed) throws Refused {
        String keyID = license.key().id();
        boolean isKeyRevoked = refuses(keyID, created);
        if (!Times.later(license.time(), passed.floor()).isBefore(nextUpdate)) {
            License kept = isKeyRevoked ? null : license;
            passed.check(license.time(), null, kept);
            throw new Refused(REASON, "stale", "the revocation list was due to be replaced by " + nextUpdate, kept);
        }
        if (isKeyRevoked) throw new Refused("revoked", "key-revoked", "the key that signed the licence, " + keyID + ", is revoked: " + keys.get(keyID).reason);
        if (id == null) throw new Refused("schema", "no-id", "the licence has no id to look up in the revocation list", license);
        String reason = reasonOf(id);
        if (reason != null) throw new Refused("revoked", "revoked", "the licence is revoked: " + reason, license);
    }
}
