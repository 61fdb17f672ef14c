package io.github.licseal;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.spec.X509EncodedKeySpec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;

/** A public key that is trusted: Ed25519, or ECDSA on P-256 (SPEC.md, section 4). */
public final class TrustedKey {
    static final String ED25519 = "ssh-ed25519", P256 = "ecdsa-sha2-nistp256";

    private static final byte[] ED25519_SPKI = HexFormat.of().parseHex("302a300506032b6570032100");
    private static final byte[] P256_SPKI = HexFormat.of().parseHex("3059301306072a8648ce3d020106082a8648ce3d030107034200");
    private static final BigInteger ONE = BigInteger.ONE;
    private static final BigInteger ED25519_ORDER = ONE.shiftLeft(252).add(new BigInteger("27742317777372353535851937790883648493"));
    private static final BigInteger ED25519_FIELD = ONE.shiftLeft(255).subtract(BigInteger.valueOf(19));
    private static final BigInteger D = new BigInteger("37095705934669439343138083508754565189542113879843219016388785533085940283555");
    private static final BigInteger P256_FIELD = new BigInteger("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff", 16);
    private static final BigInteger P256_ORDER = new BigInteger("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16);
    private static final BigInteger P256_B = new BigInteger("5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b", 16);

    private final String type;
    private final PublicKey key;
    private final String id;
    private final String name;
    private final List<String> principals;
    private final Instant after;
    private final Instant before;

    private TrustedKey(String type, PublicKey key, String id, String name, List<String> principals, Instant after, Instant before) {
        this.type = type;
        this.key = key;
        this.id = id;
        this.name = name;
        this.principals = List.copyOf(principals);
        this.after = after;
        this.before = before;
    }

    /** Returns the fingerprint of the key, as ssh-keygen -l prints it. */
    public String id() {
        return id;
    }

    /** Returns the comment of the key's line, or its principals. */
    public String name() {
        return name;
    }

    /** Returns whom the key signs for: patterns of an allowed_signers line. */
    public List<String> principals() {
        return principals;
    }

    TrustedKey with(String name, List<String> principals, Instant after, Instant before) {
        return new TrustedKey(type, key, id, name, principals, after, before);
    }

    /** Reads a key in SSH's wire format, in base64. type is the one that is expected, or null. */
    static TrustedKey parse(String text, String type) {
        byte[] wire = base64(text);
        List<byte[]> fields = new ArrayList<>();
        for (int at = 0; at < wire.length;) {
            if (wire.length - at < 4) throw damaged();
            long size = new BigInteger(1, Arrays.copyOfRange(wire, at, at + 4)).longValueExact();
            if (size > wire.length - at - 4) throw damaged();
            fields.add(Arrays.copyOfRange(wire, at + 4, at += 4 + (int) size));
        }
        String found = fields.isEmpty() ? "" : new String(fields.get(0), java.nio.charset.StandardCharsets.ISO_8859_1);
        if (!found.equals(ED25519) && !found.equals(P256) || type != null && !found.equals(type)) {
            throw new IllegalArgumentException("the key is damaged, or its type is neither " + ED25519 + " nor " + P256);
        }
        boolean isP256 = found.equals(P256);
        if (fields.size() != (isP256 ? 3 : 2) || isP256 && !Arrays.equals(fields.get(1), Document.utf8("nistp256"))) throw damaged();
        return of(found, fields.get(fields.size() - 1));
    }

    /** Reads a SubjectPublicKeyInfo, the DER of a PEM block, in base64. */
    static TrustedKey parseInfo(String text) {
        byte[] der = base64(text);
        for (String type : List.of(ED25519, P256)) {
            byte[] prefix = type.equals(P256) ? P256_SPKI : ED25519_SPKI;
            if (der.length > prefix.length && Arrays.equals(prefix, Arrays.copyOf(der, prefix.length))) {
                return of(type, Arrays.copyOfRange(der, prefix.length, der.length));
            }
        }
        throw new IllegalArgumentException("the PEM block holds neither an Ed25519 key nor an ECDSA key on P-256");
    }

    /** Reads standard base64 with padding and nothing else. */
    private static byte[] base64(String text) {
        byte[] bytes = Base64.getDecoder().decode(text);
        if (!Base64.getEncoder().encodeToString(bytes).equals(text)) throw new IllegalArgumentException("the key is not base64");
        return bytes;
    }

    private static IllegalArgumentException damaged() {
        return new IllegalArgumentException("the key is damaged, or proves nothing");
    }

    private static TrustedKey of(String type, byte[] point) {
        boolean isP256 = type.equals(P256);
        if (!(isP256 ? isOnP256(point) : isSound(point))) throw damaged();
        try {
            PublicKey key = KeyFactory.getInstance(isP256 ? "EC" : "Ed25519").generatePublic(new X509EncodedKeySpec(join(isP256 ? P256_SPKI : ED25519_SPKI, point)));
            byte[] wire = join(string(Document.utf8(type)), isP256 ? string(Document.utf8("nistp256")) : new byte[0], string(point));
            String id = "SHA256:" + Base64.getEncoder().withoutPadding().encodeToString(sha256(wire));
            return new TrustedKey(type, key, id, "", List.of(), null, null);
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("the key is damaged", e);
        }
    }

    private static byte[] string(byte[] bytes) {
        return join(new byte[] {0, 0, 0, (byte) bytes.length}, bytes);
    }

    private static byte[] join(byte[]... parts) {
        java.io.ByteArrayOutputStream all = new java.io.ByteArrayOutputStream();
        for (byte[] part : parts) all.writeBytes(part);
        return all.toByteArray();
    }

    static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static BigInteger littleEndian(byte[] bytes) {
        byte[] reversed = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) reversed[i] = bytes[bytes.length - 1 - i];
        return new BigInteger(1, reversed);
    }

    /**
     * Reports whether bytes are the one encoding of an Ed25519 point that proves something:
     * under a point of small order, one signature can fit every message.
     */
    private static boolean isSound(byte[] point) {
        if (point.length != 32) return false;
        BigInteger p = ED25519_FIELD, y = littleEndian(point).clearBit(255), y2 = y.multiply(y).mod(p), dy2 = D.multiply(y2);
        BigInteger order8 = dy2.add(BigInteger.TWO).multiply(y2).subtract(ONE); // zero for the points of order 8
        if (y.compareTo(p) >= 0 || y.multiply(y2.subtract(ONE)).multiply(order8).mod(p).signum() == 0) return false;
        BigInteger square = y2.subtract(ONE).multiply(dy2.add(ONE)).mod(p);
        return square.modPow(p.shiftRight(1), p).compareTo(ONE) <= 0;
    }

    private static boolean isOnP256(byte[] point) {
        if (point.length != 65 || point[0] != 4) return false;
        BigInteger p = P256_FIELD, x = new BigInteger(1, Arrays.copyOfRange(point, 1, 33)), y = new BigInteger(1, Arrays.copyOfRange(point, 33, 65));
        if (x.compareTo(p) >= 0 || y.compareTo(p) >= 0) return false;
        BigInteger right = x.multiply(x).subtract(BigInteger.valueOf(3)).multiply(x).add(P256_B);
        return y.multiply(y).subtract(right).mod(p).signum() == 0;
    }

    /** Reports whether the key made a signature, 128 hex digits. */
    boolean verifies(byte[] message, String digits) {
        byte[] signature = HexFormat.of().parseHex(digits);
        byte[] first = Arrays.copyOf(signature, 32), second = Arrays.copyOfRange(signature, 32, 64);
        boolean isP256 = type.equals(P256);
        if (isP256) {
            BigInteger r = new BigInteger(1, first), s = new BigInteger(1, second);
            boolean inRange = r.signum() > 0 && r.compareTo(P256_ORDER) < 0 && s.signum() > 0;
            if (!inRange || s.compareTo(P256_ORDER.shiftRight(1)) > 0) return false; // a high s
        } else if (littleEndian(second).compareTo(ED25519_ORDER) >= 0) {
            return false;
        }
        try {
            Signature verifier = Signature.getInstance(isP256 ? "SHA256withECDSAinP1363Format" : "Ed25519");
            verifier.initVerify(key);
            verifier.update(message);
            return verifier.verify(signature);
        } catch (SignatureException e) {
            return false; // R is no point
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Reports whether an instant is in the window of the key. null is an instant that cannot be read. */
    boolean trusts(Instant instant) {
        if (after == null && before == null) return true;
        return instant != null && (after == null || !instant.isBefore(after)) && (before == null || instant.isBefore(before));
    }

    /** Reports whether two entries are of the same key, for some of the same dates. */
    boolean overlaps(TrustedKey other) {
        return id.equals(other.id) && (after == null || other.before == null || after.isBefore(other.before))
            && (other.after == null || before == null || other.after.isBefore(before));
    }

    /** Returns the first key that made a signature and is trusted at an instant, or null. */
    static TrustedKey signer(List<TrustedKey> keys, byte[] message, String signature, Instant instant) {
        return keys.stream().filter(key -> key.trusts(instant) && key.verifies(message, signature)).findFirst().orElse(null);
    }
}
