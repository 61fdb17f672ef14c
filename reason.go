package licseal

// Reason is why a licence is refused, a stable word. Package verify gives one for
// each refusal; exit codes, messages and JSON of the commands derive from it. The
// empty Reason means accepted.
type Reason string

// The reasons for which a licence is refused, in the order of judgement
// (SPEC.md section 6).
const (
	ReasonParse          Reason = "parse"           // not a licence document
	ReasonSignature      Reason = "signature"       // no trusted key made this signature
	ReasonRevocationList Reason = "revocation-list" // the revocation list is missing, forged or stale
	ReasonRevoked        Reason = "revoked"         // the licence, or the key that signed it, is revoked
	ReasonSchema         Reason = "schema"          // a field is missing or wrong, dates included
	ReasonClock          Reason = "clock"           // the clock is earlier than a time already seen
	ReasonNotYetValid    Reason = "not-yet-valid"   // before its creation instant
	ReasonExpired        Reason = "expired"         // past its expiration and any grace
	ReasonRequirement    Reason = "requirement"     // a requirement of the caller is not met
)
