package io.github.licseal;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A signed document, {"MEMBER":{"payload":…}}, and the canonical form (SPEC.md, section 3).
 *
 * @param payload the value of the payload
 * @param canonical the payload in canonical form
 * @param signatures the signatures, and the fingerprints of the keys that are said to have
 *     made them; "" if there is only one signature
 */
record Document(Map<String, Object> payload, String canonical, List<Signed> signatures) {
    static final String KEY_ID = "SHA256:[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]"; // the last holds four bits

    record Signed(String key, String signature) {}

    /** What a kind of document looks like. */
    enum Kind {
        LICENSE("license", 64 << 10), REVOCATIONS("revocations", 32 << 20), TRUST("trust", 64 << 10);

        final String member;
        final int maxBytes;

        Kind(String member, int maxBytes) {
            this.member = member;
            this.maxBytes = maxBytes;
        }

        Refused tooLarge() {
            return new Refused("parse", "too-large", "1:1: more than " + maxBytes + " bytes");
        }
    }

    static Document read(byte[] bytes, Kind kind) throws Refused {
        if (bytes.length > kind.maxBytes) throw kind.tooLarge();
        Reader reader = new Reader(bytes);
        if (bytes.length >= 3 && bytes[0] == (byte) 0xef && bytes[1] == (byte) 0xbb && bytes[2] == (byte) 0xbf) {
            throw reader.fault("byte-order-mark", "the text starts with a byte order mark");
        }
        reader.space();
        if (reader.at == bytes.length) throw reader.fault("empty", "the text is empty", 0);

        boolean many = kind == Kind.TRUST;
        Reader.Member<String> signature = () -> reader.text("[0-9a-f]{128}", "a signature of 128 lower-case hex digits");
        Map<String, Reader.Member<?>> signed = new LinkedHashMap<>();
        signed.put("key", () -> reader.text(KEY_ID, "the fingerprint of a key"));
        signed.put("signature", signature);
        Map<String, Reader.Member<?>> members = new LinkedHashMap<>();
        members.put("payload", reader::payload);
        members.put("version", reader::version);
        if (many) members.put("signatures", () -> reader.array(32, () -> reader.object(signed)));
        else members.put("signature", signature);
        @SuppressWarnings("unchecked")
        Map<String, Object> document = (Map<String, Object>) reader.object(Map.of(kind.member, () -> reader.object(members))).get(kind.member);
        reader.space();
        if (reader.at < bytes.length) throw reader.fault("trailing-data", "more text follows the end of the JSON value");
        String version = (String) document.get("version");
        if (version.equals("1") && kind != Kind.LICENSE) throw reader.fault("version", "the version must be the string \"1\"", 0);
        return of(document, kind);
    }

    @SuppressWarnings("unchecked")
    private static Document of(Map<String, Object> document, Kind kind) throws Refused {
        Map<String, Object> payload = (Map<String, Object>) document.get("payload");
        String canonical = canonical(payload);
        Object signed = document.containsKey("signatures") ? document.get("signatures") : document.get("signature");
        String rest = canonical(signed) + "{\"\":{\"payload\":,\"signature\":,\"version\":}}" + kind.member + document.get("version");
        int size = utf8(canonical).length + rest.length() + (signed instanceof List ? 1 : 0);
        if (size > kind.maxBytes) throw kind.tooLarge();
        if (signed instanceof String one) return new Document(payload, canonical, List.of(new Signed("", one)));
        List<Signed> signatures = ((List<Map<String, Object>>) signed).stream()
            .map(one -> new Signed((String) one.get("key"), (String) one.get("signature"))).toList();
        return new Document(payload, canonical, signatures);
    }

    /** Returns the only signature. */
    String signature() {
        return signatures.get(0).signature();
    }

    /** Returns the message that is signed. */
    byte[] message(String context) {
        return utf8(context + canonical);
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static String text(byte[] utf8) {
        return new String(utf8, StandardCharsets.UTF_8);
    }

    /** Returns the canonical form (RFC 8785) of a value that a Reader has read. */
    static String canonical(Object value) {
        StringBuilder text = new StringBuilder();
        append(text, value);
        return text.toString();
    }

    private static void append(StringBuilder text, Object value) {
        if (value instanceof Map<?, ?> object) {
            String before = "{";
            for (Map.Entry<?, ?> member : object.entrySet()) {
                quote(text.append(before), (String) member.getKey());
                append(text.append(':'), member.getValue());
                before = ",";
            }
            text.append(object.isEmpty() ? "{}" : "}");
        } else if (value instanceof List<?> array) {
            String before = "[";
            for (Object element : array) {
                append(text.append(before), element);
                before = ",";
            }
            text.append(array.isEmpty() ? "[]" : "]");
        } else if (value instanceof String string) {
            quote(text, string);
        } else {
            text.append(value instanceof Number ? Numbers.text(value) : String.valueOf(value));
        }
    }

    private static void quote(StringBuilder text, String string) {
        text.append('"');
        for (char c : string.toCharArray()) {
            int i = "\"\\\b\f\n\r\t".indexOf(c);
            if (i >= 0) text.append('\\').append("\"\\bfnrt".charAt(i));
            else if (c < 0x20) text.append(String.format("\\u%04x", (int) c));
            else text.append(c);
        }
        text.append('"');
    }
}
