package io.github.licseal;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A trust document (SPEC.md, section 11.1), whose signatures are not verified. */
record TrustDocument(long generation, String previous, Instant issued, long threshold, List<TrustedKey> roots, List<TrustedKey> keys,
    byte[] message, String digest, List<Document.Signed> signatures, byte[] bytes) {
    private static final Check CHECK = new Check("trust", "trust");

    /** Reads a document. cache has the keys that were read: the documents of a chain repeat them. */
    static TrustDocument read(byte[] bytes, Map<String, TrustedKey> cache) throws Refused {
        Document document;
        try {
            document = Document.read(bytes, Document.Kind.TRUST);
        } catch (Refused refused) {
            throw new Refused("trust", refused.code(), "a document of the chain: " + refused.getMessage());
        }
        Map<String, Object> payload = CHECK.members(document.payload(), List.of("generation", "issued", "roots", "keys"), List.of("previous"));
        CHECK.need(Check.isCount(payload.get("generation"), 1000), "generation must be an integer from 1 to 1000");
        long generation = (Long) payload.get("generation");
        Instant issued = CHECK.time(payload.get("issued"));
        Object previous = payload.get("previous");
        CHECK.need(generation == 1 ? !payload.containsKey("previous") : Check.isDigest(previous), "previous must be a digest, and absent in generation 1");
        Map<String, Object> roots = CHECK.members(payload.get("roots"), List.of("keys", "threshold"), List.of());
        List<TrustedKey> rootKeys = keys(roots.get("keys"), 16, List.of("key"), List.of("name"), cache);
        CHECK.need(Check.isCount(roots.get("threshold"), rootKeys.size()), "threshold must be an integer from 1 to the number of roots");
        List<TrustedKey> keys = keys(payload.get("keys"), 100, List.of("key", "issuers"), List.of("from", "before", "name"), cache);
        byte[] message = document.message("licseal-trust-v1\n");
        List<Document.Signed> signatures = new ArrayList<>(document.signatures());
        signatures.sort(Comparator.comparing(Document.Signed::key));
        return new TrustDocument(generation, (String) previous, issued, (Long) roots.get("threshold"), rootKeys, keys,
            message, HexFormat.of().formatHex(TrustedKey.sha256(message)), signatures, bytes);
    }

    /** Reads an array of keys, none of them twice. */
    private static List<TrustedKey> keys(Object values, int most, List<String> required, List<String> optional, Map<String, TrustedKey> cache) throws Refused {
        CHECK.need(values instanceof List<?> list && list.size() <= most, "an array of at most " + most + " keys is expected");
        List<TrustedKey> keys = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (Object value : (List<?>) values) {
            Map<String, Object> entry = CHECK.members(value, required, optional);
            CHECK.need(entry.get("key") instanceof String, "a key is a string");
            TrustedKey key = cache.get(entry.get("key"));
            if (key == null) {
                try {
                    key = TrustedKey.parse((String) entry.get("key"), null);
                } catch (IllegalArgumentException e) {
                    throw new Refused("trust", "trust", e.getMessage());
                }
                cache.put((String) entry.get("key"), key);
            }
            CHECK.need(seen.add(key.id()), "the key " + key.id() + " is there twice");
            CHECK.need(!entry.containsKey("name") || isName(entry.get("name")), "a name is one line of 1 to 200 bytes that print");
            String name = entry.containsKey("name") ? (String) entry.get("name") : "";
            Instant after = entry.containsKey("from") ? CHECK.time(entry.get("from")) : null;
            Instant before = entry.containsKey("before") ? CHECK.time(entry.get("before")) : null;
            CHECK.need(after == null || before == null || after.isBefore(before), "before must be later than from");
            keys.add(key.with(name, required.contains("issuers") ? issuers(entry.get("issuers")) : List.of(), after, before));
        }
        return keys;
    }

    private static List<String> issuers(Object value) throws Refused {
        CHECK.need(value instanceof List<?> list && list.size() <= 16 && list.stream().allMatch(TrustDocument::isIssuer), "issuers must be an array of at most 16 names");
        return ((List<?>) value).stream().map(String.class::cast).toList();
    }

    private static boolean isName(Object value) {
        return value instanceof String text && !text.isEmpty() && Document.utf8(text).length <= 200 && text.codePoints().allMatch(TrustedKeys::isPrint);
    }

    private static boolean isIssuer(Object value) {
        return value instanceof String text && text.matches("[!-~&&[^\"',*?!#\\\\]]{1,200}");
    }
}
