package io.github.licseal;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Files of trusted keys: OpenSSH public keys, allowed_signers lines and PEM (SPEC.md, section 4.1). */
public final class TrustedKeys {
    private static final String NAMESPACE = "licseal";
    private static final int MAX_BYTES = 256 << 10;
    private static final Pattern KEY = Pattern.compile("((?:ssh-|ecdsa-sha2-|sk-|rsa-sha2-|webauthn-)\\S+)[ \\t]+(AAAA\\S*)(?:[ \\t]+(.*))?");
    private static final Pattern PRINCIPALS = Pattern.compile("(\"[^\"]*\"|[^\"\\s]+)[ \\t]+");
    private static final Pattern NAME = Pattern.compile("[^=,\"\\s]+");
    private static final Pattern BLANKS = Pattern.compile("[ \\t]+");
    private static final Pattern BEGIN = Pattern.compile("-----BEGIN (.*)-----");
    private static final Pattern SECOND_KEY = Pattern.compile("(?:^|[ \\t])(?:\\S*\\\\n)?(?:ssh-|ecdsa-sha2-|sk-)\\S*[ \\t]+AAAA");
    private static final Pattern TIMESTAMP = Pattern.compile("([0-9]{4})([0-9]{2})([0-9]{2})(?:([0-9]{2})([0-9]{2})([0-9]{2})?)?[zZ]");
    private static final Pattern NO_PRINCIPAL = Pattern.compile(
        "!?((no-)?(agent-forwarding|cert-authority|port-forwarding|pty|restrict|touch-required|user-rc|verify-required|x11-forwarding)|[ \\t].*|.*[ \\t]|)",
        Pattern.CASE_INSENSITIVE);

    private TrustedKeys() {}

    /**
     * Reads a file of trusted keys. It refuses the whole file with an
     * IllegalArgumentException if it has anything that cannot be read, or no key for licences.
     */
    public static List<TrustedKey> parse(byte[] file) {
        if (file.length > MAX_BYTES) throw new IllegalArgumentException("trusted keys: more than " + MAX_BYTES + " bytes");
        String[] lines = decode(file).split("\n", -1);
        for (int i = 0; i < lines.length; i++) lines[i] = lines[i].replaceAll("^[ \t\r]+|[ \t\r]+$", "");
        List<TrustedKey> keys = new ArrayList<>();
        for (int i = 0; i < lines.length; i++) {
            if (lines[i].isEmpty() || lines[i].startsWith("#")) continue;
            int start = i;
            try {
                Matcher begin = BEGIN.matcher(lines[i]);
                TrustedKey key;
                if (begin.matches()) {
                    StringBuilder body = new StringBuilder();
                    for (i++; !lines[i].equals("-----END " + begin.group(1) + "-----"); i++) {
                        body.append(lines[i]);
                        if (i + 1 == lines.length) throw new IllegalArgumentException("the PEM block has no END line");
                    }
                    key = block(begin.group(1), body.toString());
                } else {
                    key = line(lines[i]);
                }
                if (key == null) continue;
                if (keys.stream().anyMatch(key::overlaps)) throw new IllegalArgumentException("the key is there twice, for some of the same dates");
                keys.add(key);
            } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
                throw new IllegalArgumentException("trusted keys, line " + (start + 1) + ": " + e.getMessage(), e);
            }
        }
        if (keys.isEmpty()) throw new IllegalArgumentException("trusted keys: no key for licences in this file");
        return List.copyOf(keys);
    }

    private static String decode(byte[] file) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(file)).toString();
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("trusted keys: not a text in UTF-8", e);
        }
    }

    private static TrustedKey block(String label, String body) {
        if (label.endsWith("PRIVATE KEY")) throw new IllegalArgumentException("a private key in a file of trusted keys: put its public key here");
        if (!label.equals("PUBLIC KEY")) throw new IllegalArgumentException("expected a PEM block of type PUBLIC KEY");
        return TrustedKey.parseInfo(body);
    }

    /** Reports whether a text has only characters that print, and blanks of any width. */
    static boolean isGraphic(String text) {
        return text.codePoints().allMatch(c -> Character.getType(c) == Character.SPACE_SEPARATOR || isPrint(c));
    }

    /** Reports whether a character prints, or is the space. */
    static boolean isPrint(int c) {
        return c == ' ' || switch ((byte) Character.getType(c)) {
            case Character.SPACE_SEPARATOR, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR, Character.CONTROL, Character.FORMAT,
                Character.SURROGATE, Character.PRIVATE_USE, Character.UNASSIGNED -> false;
            default -> true;
        };
    }

    /** Reads a line of a file. Returns null for a key of other namespaces. */
    private static TrustedKey line(String line) {
        if (!isGraphic(line.replace('\t', ' '))) throw new IllegalArgumentException("the line has a character that does not print");
        Matcher key = KEY.matcher(line);
        if (key.matches()) return key(key, List.of(), Map.of());
        Matcher first = PRINCIPALS.matcher(line);
        if (!first.lookingAt()) throw unknownLine();
        String rest = line.substring(first.end());
        Map<String, String> options = new HashMap<>();
        key = KEY.matcher(rest);
        if (!key.matches()) {
            key = KEY.matcher(rest.substring(options(rest, options)));
            if (!key.matches()) throw unknownLine();
        }
        List<String> namespaces = options.containsKey("namespaces") ? List.of(options.get("namespaces").split(",", -1)) : List.of();
        if (!namespaces.isEmpty() && namespaces.stream().allMatch(TrustedKeys::isPattern) && !matches(namespaces, NAMESPACE)) return null;
        List<String> principals = List.of(first.group(1).replace("\"", "").split(",", -1));
        if (!namespaces.stream().allMatch(TrustedKeys::isPattern) || !principals.stream().allMatch(TrustedKeys::isPattern)) throw new IllegalArgumentException("a pattern is too long");
        if (principals.stream().anyMatch(NO_PRINCIPAL.asMatchPredicate())) throw new IllegalArgumentException("this cannot be the name of an issuer");
        return key(key, principals, options);
    }

    private static IllegalArgumentException unknownLine() {
        return new IllegalArgumentException("expected a line such as ssh-ed25519 AAAA…, or PRINCIPALS [OPTIONS] TYPE KEY");
    }

    private static TrustedKey key(Matcher match, List<String> principals, Map<String, String> options) {
        if (options.containsKey("refused")) throw new IllegalArgumentException("an option is unknown, without a value or given twice: expected namespaces, valid-after or valid-before");
        String comment = match.group(3) == null ? "" : match.group(3);
        if (SECOND_KEY.matcher(comment).find()) throw new IllegalArgumentException("two keys on this line: put each on a line of its own");
        Instant after = timestamp(options.get("valid-after")), before = timestamp(options.get("valid-before"));
        if (after != null && before != null && !after.isBefore(before)) throw new IllegalArgumentException("valid-before is not after valid-after");
        String name = BLANKS.matcher(comment).replaceAll(" ");
        return TrustedKey.parse(match.group(2), match.group(1)).with(name.isEmpty() ? String.join(",", principals) : name, principals, after, before);
    }

    /** Reads the options that a text begins with, and returns the offset of what follows. */
    private static int options(String text, Map<String, String> options) {
        Matcher name = NAME.matcher(text);
        for (int at = 0;; at++) {
            if (!name.find(at) || name.start() != at) throw unknownLine();
            at = name.end();
            StringBuilder value = new StringBuilder();
            boolean hasValue = text.startsWith("=\"", at);
            if (hasValue) {
                for (at += 2; at < text.length() && text.charAt(at) != '"'; at++) {
                    if (text.startsWith("\\\"", at)) at++;
                    value.append(text.charAt(at));
                }
                at++;
            }
            String option = name.group().toLowerCase(Locale.ROOT);
            boolean known = List.of("namespaces", "valid-after", "valid-before").contains(option);
            if (!hasValue || !known || options.containsKey(option)) options.put("refused", option);
            else options.put(option, value.toString());
            if (at >= text.length()) throw unknownLine();
            if (text.charAt(at) == ',') continue;
            Matcher blanks = BLANKS.matcher(text).region(at, text.length());
            if (!blanks.lookingAt()) throw unknownLine();
            return blanks.end();
        }
    }

    private static boolean isPattern(String pattern) {
        return Document.utf8(pattern.startsWith("!") ? pattern.substring(1) : pattern).length <= 1022;
    }

    /** Reports whether a list of OpenSSH's patterns allows a name. */
    private static boolean matches(List<String> patterns, String name) {
        boolean allowed = false;
        for (String pattern : patterns) {
            boolean negated = pattern.startsWith("!");
            StringBuilder glob = new StringBuilder();
            for (String part : pattern.substring(negated ? 1 : 0).replaceAll("\\*+", "*").split("(?<=[*?])|(?=[*?])")) {
                glob.append(part.equals("*") ? ".*" : part.equals("?") ? "." : Pattern.quote(part));
            }
            if (!Pattern.compile(glob.toString(), Pattern.DOTALL).matcher(name).matches()) continue;
            if (negated) return false;
            allowed = true;
        }
        return allowed;
    }

    private static Instant timestamp(String text) {
        if (text == null) return null;
        Matcher match = TIMESTAMP.matcher(text);
        Instant instant = match.matches() ? Times.at(match.group(1), match.group(2), match.group(3), match.group(4), match.group(5), match.group(6)) : null;
        if (instant == null || !instant.isAfter(Instant.EPOCH)) {
            throw new IllegalArgumentException("a time is written YYYYMMDDZ, YYYYMMDDHHMMZ or YYYYMMDDHHMMSSZ, in UTC and with the Z");
        }
        return instant;
    }
}
