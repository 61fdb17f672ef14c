package io.github.licseal;

import java.util.Optional;

/** The refusal of a licence. Every other exception is a mistake of the caller. */
public final class Refused extends Exception {
    private static final long serialVersionUID = 1;

    private final String reason;
    private final String code;
    private final transient License license;

    Refused(String reason, String code, String message) {
        this(reason, code, message, null);
    }

    Refused(String reason, String code, String message, License license) {
        super(message);
        this.reason = reason;
        this.code = code;
        this.license = license;
    }

    /** Returns a stable word of the order of judgement, such as "signature" or "expired". */
    public String reason() {
        return reason;
    }

    /** Returns what the reason means in detail, such as "duplicate-name". */
    public String code() {
        return code;
    }

    /** Returns what the licence says, if its signature is good and nobody took back the key. */
    public Optional<License> license() {
        return Optional.ofNullable(license);
    }
}
