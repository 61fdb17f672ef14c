package io.github.licseal;

import java.io.ByteArrayOutputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A chain of trust (SPEC.md, section 11). What a reader remembers is the chain that it has
 * accepted, as text; it is verified again each time.
 */
public final class Chain {
    private static final int MAX_BYTES = 8 << 20;
    private static final int MAX_KEYS = 4096;

    private final List<TrustDocument> documents = new ArrayList<>();
    private final Map<String, Boolean> isRoot = new HashMap<>(); // every key of the chain
    private final Map<String, TrustedKey> cache = new HashMap<>();

    private Chain() {}

    /**
     * Follows a chain from its anchor, a digest that comes with the program. seen is what
     * {@link #seen} returned before, so that no older chain is accepted, or null.
     */
    public static Chain follow(byte[] chain, String anchor, byte[] seen) throws Refused {
        return seen == null ? open(chain, anchor, MAX_BYTES) : open(seen, anchor, Integer.MAX_VALUE).extend(chain);
    }

    /** Follows a chain of at most a number of bytes from its anchor. */
    static Chain open(byte[] chain, String anchor, int maxBytes) throws Refused {
        if (!Check.isDigest(anchor)) throw new IllegalArgumentException("the digest of the first document of a chain is 64 lower-case hex digits, without SHA256:");
        Chain known = new Chain();
        for (byte[] line : lines(chain, maxBytes)) {
            TrustDocument document = TrustDocument.read(line, known.cache);
            if (known.documents.isEmpty() && document.generation() == 1 && !document.digest().equals(anchor)) {
                throw refusal("anchor", document, "the chain begins with another document than the anchor");
            }
            known.step(document);
        }
        return known;
    }

    /** Returns the generation of the newest document. */
    public long generation() {
        return newest().generation();
    }

    /** Returns the keys that are trusted for licences. If there are none, no licence is accepted. */
    public List<TrustedKey> keys() {
        return List.copyOf(newest().keys());
    }

    /** Returns what to remember, and to give the next time. */
    public byte[] seen() {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (TrustDocument document : documents) {
            all.writeBytes(document.bytes());
            all.write('\n');
        }
        return all.toByteArray();
    }

    Instant issued() {
        return newest().issued();
    }

    static Refused noKeys(long generation) {
        return new Refused("trust", "no-keys", "generation " + generation + " of the chain of trust trusts no key");
    }

    private TrustDocument newest() {
        return documents.get(documents.size() - 1);
    }

    private static Refused refusal(String code, TrustDocument document, String detail) {
        return new Refused("trust", code, "generation " + document.generation() + ": " + detail);
    }

    /** Splits a chain into its documents. */
    private static List<byte[]> lines(byte[] bytes, int maxBytes) throws Refused {
        if (bytes.length > maxBytes) throw new Refused("trust", "too-long", "a chain has at most " + maxBytes + " bytes");
        List<byte[]> lines = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] != '\n') continue;
            lines.add(Arrays.copyOfRange(bytes, start, i));
            start = i + 1;
        }
        if (start < bytes.length || lines.isEmpty()) lines.add(Arrays.copyOfRange(bytes, start, bytes.length));
        return lines;
    }

    /** Follows a chain from what is known, and returns the longer one. It reads from the end, to the last document that is known. */
    Chain extend(byte[] chain) throws Refused {
        long known = generation();
        List<TrustDocument> fresh = new ArrayList<>(); // newest first
        List<byte[]> lines = lines(chain, MAX_BYTES);
        for (int i = lines.size() - 1; i >= 0; i--) {
            TrustDocument document = TrustDocument.read(lines.get(i), cache), next = fresh.isEmpty() ? null : fresh.get(fresh.size() - 1);
            long generation = document.generation();
            if (next != null && generation >= next.generation()) throw refusal("rollback", next, "it comes after a newer one");
            if (generation > known) {
                fresh.add(document);
                continue;
            }
            if (!documents.get((int) generation - 1).digest().equals(document.digest())) throw refusal("fork", document, "another document of this generation is known");
            if (next != null && generation < known) throw refusal("gap", next, "a generation is missing before it");
            if (i >= generation) throw refusal("rollback", document, "too many documents come before it");
            break;
        }
        Chain following = new Chain();
        following.documents.addAll(documents);
        following.isRoot.putAll(isRoot);
        for (int i = fresh.size() - 1; i >= 0; i--) following.step(fresh.get(i));
        return following;
    }

    /** Appends a document that follows the newest one. */
    private void step(TrustDocument next) throws Refused {
        TrustDocument known = documents.isEmpty() ? null : newest();
        checkOrder(known, next);
        checkRoles(next);
        checkSignatures(known == null ? List.of(next) : List.of(known, next), next);
        documents.add(next);
        for (TrustedKey key : next.roots()) isRoot.put(key.id(), true);
        for (TrustedKey key : next.keys()) isRoot.put(key.id(), false);
        if (isRoot.size() > MAX_KEYS) throw refusal("too-long", next, "more than " + MAX_KEYS + " different keys");
    }

    private static void checkOrder(TrustDocument known, TrustDocument next) throws Refused {
        long generation = next.generation(), before = known == null ? 0 : known.generation();
        if (generation == before && !next.digest().equals(known.digest())) throw refusal("fork", next, "another document of this generation is known");
        if (generation <= before) throw refusal("rollback", next, "an older document after a newer one");
        if (generation > before + 1) throw refusal("gap", next, "a generation is missing before it");
        if (known == null) return;
        if (!next.previous().equals(known.digest())) throw refusal("previous", next, "it follows another document than the one known");
        if (!next.issued().isAfter(known.issued())) throw refusal("issued", next, "it was not issued after the one before");
    }

    private void checkRoles(TrustDocument next) throws Refused {
        List<String> roots = ids(next.roots()), keys = ids(next.keys());
        boolean clash = roots.stream().anyMatch(id -> Boolean.FALSE.equals(isRoot.get(id)) || keys.contains(id));
        if (clash || keys.stream().anyMatch(id -> Boolean.TRUE.equals(isRoot.get(id)))) {
            throw refusal("role", next, "a key is, or was, both a root and a key for licences");
        }
    }

    private static List<String> ids(List<TrustedKey> keys) {
        return keys.stream().map(TrustedKey::id).toList();
    }

    private static void checkSignatures(List<TrustDocument> documents, TrustDocument next) throws Refused {
        List<String> signers = next.signatures().stream().map(Document.Signed::key).toList();
        for (int i = 0; i < signers.size(); i++) {
            String id = signers.get(i);
            if (i > 0 && signers.get(i - 1).equals(id)) throw refusal("duplicate", next, id + " has signed twice");
            Stream<TrustedKey> roots = documents.stream().flatMap(document -> document.roots().stream());
            TrustedKey root = roots.filter(key -> key.id().equals(id)).findFirst().orElse(null);
            if (root == null) throw refusal("foreign", next, id + " has signed and is no root");
            if (!root.verifies(next.message(), next.signatures().get(i).signature())) throw refusal("wrong", next, "the signature of " + id + " is not good");
        }
        for (TrustDocument document : documents) {
            long signed = ids(document.roots()).stream().filter(signers::contains).count();
            if (signed < document.threshold()) throw refusal("threshold", next, signed + " of " + document.threshold() + " roots have signed");
        }
    }
}
