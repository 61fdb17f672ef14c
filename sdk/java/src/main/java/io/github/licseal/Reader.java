package io.github.licseal;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Reads a JSON text once, from its start to its end, and throws the first fault
 * (SPEC.md, sections 1 and 2).
 */
final class Reader {
    /** The most levels of objects and arrays: in a payload, and in a value that is read only to be refused. */
    private static final int MAX_DEPTH = 32, MAX_OTHER_DEPTH = 10_000;

    private static final int END = -1;

    final byte[] bytes;
    int at;
    private int depth;

    Reader(byte[] bytes) {
        this.bytes = bytes;
    }

    /** Reads a value, or a member of an object. */
    interface Member<T> {
        T read() throws Refused;
    }

    /** An object or array that is being read. */
    private static final class Frame {
        final Map<String, Object> object;
        final List<Object> array;
        String name;

        Frame(boolean isObject) {
            object = isObject ? new TreeMap<>() : null; // its order is the canonical one
            array = isObject ? null : new ArrayList<>();
        }

        int close() {
            return object != null ? '}' : ']';
        }

        void add(Object value) {
            if (object != null) object.put(name, value);
            else array.add(value);
        }

        Object value() {
            return object != null ? Collections.unmodifiableMap(object) : Collections.unmodifiableList(array);
        }
    }

    Refused fault(String code, String detail) {
        return fault(code, detail, at);
    }

    /** Returns a refusal with the line and the column, in characters, of an offset. */
    Refused fault(String code, String detail, int offset) {
        int line = 1, column = 1;
        for (int i = 0; i < offset; i++) {
            if (bytes[i] == '\n') {
                line++;
                column = 1;
            } else if ((bytes[i] & 0xc0) != 0x80) {
                column++;
            }
        }
        return new Refused("parse", code, line + ":" + column + ": " + detail);
    }

    private Refused truncated() {
        return fault("truncated", "the text ends before the JSON value does", bytes.length);
    }

    private Refused unexpected() {
        return unexpected(at);
    }

    /** Returns the refusal of the byte at an offset, outside of strings. */
    private Refused unexpected(int offset) {
        if (offset >= bytes.length) return truncated();
        if (sequence(offset) <= 0) return fault("invalid-utf8", "this is not UTF-8", offset);
        return fault("syntax", "this is not JSON", offset);
    }

    private int get(int offset) {
        return offset < bytes.length ? bytes[offset] & 0xff : END;
    }

    /**
     * Returns the length of the UTF-8 sequence at an offset: 0 if the text ends inside it,
     * and -1 if it is not UTF-8.
     */
    private int sequence(int offset) {
        int first = get(offset);
        if (first < 0x80) return 1;
        int length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
        int low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
        int high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
        for (int i = offset + 1; i < offset + length; i++) {
            int c = get(i);
            if (c == END) return 0;
            if (c < low || c > high) return -1;
            low = 0x80;
            high = 0xbf;
        }
        return length == 0 ? -1 : length;
    }

    String raw(int start) {
        return new String(bytes, start, at - start, StandardCharsets.UTF_8);
    }

    void space() {
        while (get(at) == ' ' || get(at) == '\n' || get(at) == '\r' || get(at) == '\t') at++;
    }

    /** Returns the next byte that is not white space. */
    int peek() throws Refused {
        space();
        if (at >= bytes.length) throw truncated();
        return get(at);
    }

    private String string() throws Refused {
        StringBuilder text = new StringBuilder();
        int start = ++at;
        for (;;) {
            int c = get(at);
            if (c == END) throw truncated();
            if (c == '"') {
                text.append(raw(start));
                at++;
                return text.toString();
            }
            if (c == '\\') {
                text.append(raw(start));
                escape(text);
                start = at;
                continue;
            }
            int length = sequence(at);
            if (length == 0) throw truncated();
            if (length < 0) throw fault("invalid-utf8", "this is not UTF-8");
            if (c < 0x20) throw fault("syntax", "a control character in a string");
            at += length;
        }
    }

    private void escape(StringBuilder text) throws Refused {
        int start = at, letter = get(at + 1);
        if (letter == END) throw truncated();
        if (letter != 'u') {
            int i = "\"\\/bfnrt".indexOf(letter);
            if (i < 0) throw fault("syntax", "not an escape of JSON");
            at += 2;
            text.append("\"\\/\b\f\n\r\t".charAt(i));
            return;
        }
        int unit = unit(at, false);
        if (unit < 0) throw fault("syntax", "not an escape of JSON");
        at += 6;
        text.append((char) unit);
        if (!Character.isSurrogate((char) unit)) return;
        int low = unit(at, true);
        if (Character.isLowSurrogate((char) unit) || low < 0) throw fault("lone-surrogate", "half of a surrogate pair", start);
        at += 6;
        text.append((char) low);
    }

    /**
     * Reads the escape of a UTF-16 unit at an offset, only of a low surrogate if isLow. Returns -1
     * if there is another text. A text that ends inside the escape is refused.
     */
    private int unit(int offset, boolean isLow) throws Refused {
        int value = 0;
        for (int i = 0; i < 6; i++) {
            int c = get(offset + i);
            if (c == END) throw truncated();
            int digit = c < 0x80 ? Character.digit(c, 16) : -1;
            boolean ok = i == 0 ? c == '\\' : i == 1 ? c == 'u' : digit >= 0;
            if (!ok || isLow && (i == 2 && digit != 0xd || i == 3 && digit < 0xc)) return -1;
            value = value * 16 + digit;
        }
        return value & 0xffff;
    }

    /** Reads a string, a number, true, false or null. */
    private Object scalar(boolean inPayload) throws Refused {
        int c = get(at);
        if (c == '"') return string();
        if (c == '-' || isDigit(c)) return number(inPayload);
        String literal = c == 't' ? "true" : c == 'f' ? "false" : c == 'n' ? "null" : null;
        if (literal == null) throw unexpected();
        for (int i = 0; i < literal.length(); i++, at++) {
            if (get(at) != literal.charAt(i)) throw unexpected();
        }
        return c == 'n' ? null : (Object) (c == 't');
    }

    private static boolean isDigit(int c) {
        return c >= '0' && c <= '9';
    }

    private void digits() throws Refused {
        if (!isDigit(get(at))) throw unexpected();
        while (isDigit(get(at))) at++;
    }

    private Object number(boolean inPayload) throws Refused {
        int start = at;
        if (get(at) == '-') at++;
        if (get(at) == '0') at++;
        else digits();
        if (get(at) == '.') {
            at++;
            digits();
        }
        if (get(at) == 'e' || get(at) == 'E') {
            at++;
            if (get(at) == '-' || get(at) == '+') at++;
            digits();
        }
        String text = raw(start), fault = inPayload ? Numbers.fault(text) : "";
        if (!fault.isEmpty()) throw fault(fault, text.substring(0, Math.min(60, text.length())) + " is not kept exactly; write it as a string", start);
        return Numbers.value(text);
    }

    /** Reads the name of a member. known are those before it. */
    private String name(Map<String, Object> known, boolean tokens) throws Refused {
        int c = peek(), start = at;
        if (c != '"') {
            // A number or a literal is read first: the text may end inside it.
            if (tokens && (c == '-' || isDigit(c) || c == 't' || c == 'f' || c == 'n')) scalar(false);
            throw unexpected(start);
        }
        String name = string();
        if (known.containsKey(name)) throw fault("duplicate-name", "a member is there twice", start);
        return name;
    }

    private void colon() throws Refused {
        if (peek() != ':') throw unexpected();
        at++;
    }

    private String member(Map<String, Object> known, boolean tokens) throws Refused {
        String name = name(known, tokens);
        colon();
        return name;
    }

    /** Reads one value of any kind. It has no recursion, because a text may be nested deeply. */
    Object value(boolean inPayload) throws Refused {
        Deque<Frame> stack = new ArrayDeque<>();
        for (;;) {
            Object value;
            int c = peek();
            if (c == '{' || c == '[') {
                int limit = inPayload ? MAX_DEPTH : MAX_OTHER_DEPTH;
                if (depth + stack.size() >= limit) throw fault(inPayload ? "too-deep" : "syntax", "nested deeper than " + limit + " levels");
                at++;
                Frame frame = new Frame(c == '{');
                if (peek() != frame.close()) {
                    if (frame.object != null) frame.name = member(frame.object, inPayload);
                    stack.push(frame);
                    continue;
                }
                at++;
                value = frame.value();
            } else {
                value = scalar(inPayload);
            }
            for (;;) {
                Frame top = stack.peek();
                if (top == null) return value;
                top.add(value);
                int next = peek();
                if (next != ',' && next != top.close()) throw unexpected();
                at++;
                if (next == ',') {
                    if (top.object != null) top.name = member(top.object, inPayload);
                    break;
                }
                value = stack.pop().value();
            }
        }
    }

    /** Reads an object with exactly the members given, in any order. */
    Map<String, Object> object(Map<String, Member<?>> members) throws Refused {
        open();
        int start = at - 1;
        Map<String, Object> found = new LinkedHashMap<>();
        depth++;
        if (peek() != '}') {
            for (;;) {
                space();
                int name = at;
                String member = name(found, true);
                if (!members.containsKey(member)) throw fault("unknown-member", "unknown member", name);
                colon();
                found.put(member, members.get(member).read());
                int next = peek();
                if (next == '}') break;
                if (next != ',') throw unexpected();
                at++;
            }
        }
        at++;
        depth--;
        for (String member : members.keySet()) {
            if (!found.containsKey(member)) throw fault("missing-member", "member " + member + " is missing", start);
        }
        return found;
    }

    private void open() throws Refused {
        int c = peek(), start = at;
        if (c != '{') {
            value(false);
            throw fault("wrong-type", "an object is expected", start);
        }
        at++;
    }

    /** Reads a string that matches a pattern, and returns it as it is written, with its escapes. */
    String text(String pattern, String what) throws Refused {
        int c = peek(), start = at;
        value(false);
        if (c != '"') throw fault("wrong-type", "a string is expected", start);
        String text = raw(start);
        text = text.substring(1, text.length() - 1);
        if (!text.matches(pattern)) throw fault("signature-format", what + " is expected", start);
        return text;
    }

    /** Reads an object with any members, and returns its value. */
    @SuppressWarnings("unchecked")
    Map<String, Object> payload() throws Refused {
        open();
        at--;
        return (Map<String, Object>) value(true);
    }

    /** Returns how the version is written: "1" in quotes, or 1. */
    String version() throws Refused {
        space();
        int start = at;
        Object value = value(false);
        if ("1".equals(value)) return "\"1\"";
        if (!raw(start).equals("1")) throw fault("version", "the version must be \"1\"", start);
        return "1";
    }

    <T> List<T> array(int most, Member<T> item) throws Refused {
        int c = peek(), start = at;
        if (c != '[') {
            value(false);
            throw fault("wrong-type", "an array is expected", start);
        }
        at++;
        List<T> items = new ArrayList<>();
        if (peek() != ']') {
            for (;;) {
                if (items.size() == most) throw fault("too-large", "more than " + most + " signatures");
                items.add(item.read());
                int next = peek();
                if (next == ']') break;
                if (next != ',') throw unexpected();
                at++;
                if (peek() == ']') throw unexpected();
            }
        }
        at++;
        return items;
    }
}
