package verify

import (
	"crypto/ed25519"
	"errors"
	"testing"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/sig"
)

// The parser refuses a signature of another form. Should it ever let one pass, nobody has
// signed it, alone or among others.
func TestSignatureOfAnotherForm(t *testing.T) {
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	for name, tables := range map[string]*sig.Tables{
		"without tables": nil,
		"with tables":    sig.NewTables(func(ed25519.PublicKey, []sig.Signed) bool { return false }),
	} {
		v := new(Verifier)
		v.trusted = []licseal.TrustedKey{{Key: key.Public()}}
		v.options.Tables = tables
		for _, signature := range []string{"", "0", "xyz"} {
			lic := &licseal.License{Signature: signature}
			if signer, err := v.signer(lic); signer != nil || !errors.Is(err, errSignatureForm) {
				t.Errorf("%s: %q: %v, %v", name, signature, signer, err)
			}
			r := new(Report)
			r.result.License = lic
			for _, found := range v.signers([]*Report{r, r}) {
				if found.key != nil || !errors.Is(found.err, errSignatureForm) {
					t.Errorf("%s: among others, %q: %+v", name, signature, found)
				}
			}
		}
	}
}
