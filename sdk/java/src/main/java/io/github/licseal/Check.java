package io.github.licseal;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/** Checks of the payloads of lists and trust documents. */
record Check(String reason, String code) {
    void need(boolean holds, String what) throws Refused {
        if (!holds) throw new Refused(reason, code, what);
    }

    /** Requires an object with exactly some members, and perhaps others. */
    @SuppressWarnings("unchecked")
    Map<String, Object> members(Object value, List<String> required, List<String> optional) throws Refused {
        need(value instanceof Map, "an object with " + String.join(", ", required) + " is expected");
        Map<String, Object> object = (Map<String, Object>) value;
        for (String name : required) need(object.containsKey(name), "member " + name + " is missing");
        for (String name : object.keySet()) need(required.contains(name) || optional.contains(name), "an unknown member");
        return object;
    }

    Instant time(Object value) throws Refused {
        Instant instant = Times.whole(value);
        need(instant != null, "a time such as 2027-12-31T12:00:00Z is expected");
        return instant;
    }

    static boolean isCount(Object value, long most) {
        return value instanceof Long n && n >= 1 && n <= most;
    }

    static boolean isDigest(Object value) {
        return value instanceof String text && text.matches("[0-9a-f]{64}");
    }
}
