package io.github.licseal;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Dates of licences, and times. */
final class Times {
    private static final Pattern DATE = Pattern.compile("([0-9]{4})-([0-9]{2})-([0-9]{2})");
    private static final Pattern TIME = Pattern.compile(
        "([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\\.([0-9]{1,9}))?(?:Z|([-+])([0-9]{2}):([0-9]{2}))");

    private Times() {}

    /** Returns the instant of a day and a clock in UTC, and null if there is none. */
    static Instant at(String... parts) {
        int[] n = new int[6];
        for (int i = 0; i < parts.length; i++) n[i] = parts[i] == null ? 0 : Integer.parseInt(parts[i]);
        try {
            return LocalDateTime.of(n[0], n[1], n[2], n[3], n[4], n[5]).toInstant(ZoneOffset.UTC);
        } catch (DateTimeException e) {
            return null;
        }
    }

    /** Returns the later of two instants. null is none. */
    static Instant later(Instant a, Instant b) {
        return a == null || b != null && b.isAfter(a) ? b : a;
    }

    /** Reads an RFC 3339 time, and returns null if the text is none. */
    static Instant time(String text) {
        Matcher match = TIME.matcher(text);
        if (!match.matches()) return null;
        Instant local = at(match.group(1), match.group(2), match.group(3), match.group(4), match.group(5), match.group(6));
        int hour = match.group(9) == null ? 0 : Integer.parseInt(match.group(9)), minute = match.group(10) == null ? 0 : Integer.parseInt(match.group(10));
        if (local == null || hour > 23 || minute > 59) return null;
        String fraction = match.group(7) == null ? "" : match.group(7);
        long offset = (hour * 60L + minute) * 60 * ("-".equals(match.group(8)) ? -1 : 1);
        return local.minusSeconds(offset).plusNanos(Long.parseLong(fraction + "0".repeat(9 - fraction.length())));
    }

    /**
     * Reads a date of a licence: a day, which means its first instant in UTC, or an RFC 3339
     * time. Returns null if the value is neither.
     */
    static Instant date(Object value) {
        if (!(value instanceof String text)) return null;
        Matcher match = DATE.matcher(text);
        return match.matches() ? at(match.group(1), match.group(2), match.group(3)) : time(text);
    }

    /** Reads a time of a list or of a trust document: in UTC, in seconds. Returns null if it is none. */
    static Instant whole(Object value) {
        return value instanceof String text && text.length() == 20 && !text.equals("0001-01-01T00:00:00Z") ? time(text) : null;
    }
}
