package io.github.licseal;

import java.util.regex.Pattern;

/**
 * JSON Pointers to members of the payload.
 *
 * @param id what identifies the licence
 * @param notBefore the creation
 * @param notAfter the expiration
 * @param grace the days of grace that the licence grants; "" if there is no such member
 */
public record Roles(String id, String notBefore, String notAfter, String grace) {
    private static final Pattern POINTER = Pattern.compile("/.*", Pattern.DOTALL);
    private static final Pattern ESCAPE = Pattern.compile("~(?![01])");

    /** The members of Kong's payload. */
    public static final Roles DEFAULT = new Roles("/license_key", "/license_creation_date", "/license_expiration_date", "");

    public Roles {
        for (String pointer : new String[] {id, notBefore, notAfter, grace.isEmpty() ? "/" : grace}) {
            if (!POINTER.matcher(pointer).matches() || ESCAPE.matcher(pointer).find()) {
                throw new IllegalArgumentException("a role must be a JSON Pointer, such as /license_key");
            }
        }
    }
}
