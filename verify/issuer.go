package verify

import (
	"fmt"
	"strings"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/pattern"
)

// IssuerError says that the key that signed a licence is not one of the issuer
// that is required.
type IssuerError struct {
	Issuer string             // the pattern that is required
	Key    licseal.TrustedKey // the key that signed it
}

func (e *IssuerError) Error() string {
	if len(e.Key.Principals) == 0 {
		return fmt.Sprintf("the issuer must be %q, and the trusted key %s names none", e.Issuer, licseal.KeyID(e.Key.Key))
	}
	return fmt.Sprintf("the issuer must be %q, and the trusted key %s is of %s", e.Issuer, licseal.KeyID(e.Key.Key), strings.Join(e.Key.Principals, ","))
}

// checkIssuer refuses a key none of whose principals matches a pattern. Where
// the principals are patterns themselves, a name without wildcards that they
// allow will do: it is what ssh-keygen -Y verify -I demands.
func checkIssuer(key *licseal.TrustedKey, issuer string) error {
	if issuer == "" {
		return nil
	}
	if !pattern.IsPattern(issuer) {
		if pattern.MatchList(key.Principals, issuer) {
			return nil
		}
		return &IssuerError{issuer, *key}
	}
	for _, principal := range key.Principals {
		if !pattern.IsPattern(principal) && pattern.Match(issuer, principal) && pattern.MatchList(key.Principals, principal) {
			return nil
		}
	}
	return &IssuerError{issuer, *key}
}
