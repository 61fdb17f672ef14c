package verify

import (
	"fmt"
	"strings"

	"github.com/licseal/licseal"
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

// checkIssuer refuses a key that does not sign for the issuer, if one is required.
func checkIssuer(key *licseal.TrustedKey, issuer string) error {
	if issuer == "" || key.SignsFor(issuer) {
		return nil
	}
	return &IssuerError{issuer, *key}
}
