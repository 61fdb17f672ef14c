package verify

import (
	"crypto"
	"crypto/ed25519"
	"fmt"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/sig"
)

// signedBy is the trusted key that made a signature, or why none did.
type signedBy struct {
	key *licseal.TrustedKey
	err error
}

var errSignatureForm = &SignatureError{"the signature is not 128 lower-case hex digits"}

// signer returns the first trusted key that made the signature of a licence.
func (v *Verifier) signer(lic *licseal.License) (*licseal.TrustedKey, error) {
	digits, ok := sig.Decode(lic.Signature)
	if !ok {
		return nil, errSignatureForm
	}
	if v.options.Tables != nil {
		found := v.search([]sig.Signed{{Message: lic.Payload.Bytes(), Signature: digits}})
		return found[0].key, found[0].err
	}
	for i := range v.trusted {
		if sig.Verify(v.trusted[i].Key, lic.Payload.Bytes(), digits[:]) {
			return &v.trusted[i], nil
		}
	}
	return nil, v.noSigner(lic.Payload.Bytes(), digits[:])
}

// signers returns, for each licence, what signer would.
func (v *Verifier) signers(reports []*Report) []signedBy {
	if v.options.Tables == nil {
		found := make([]signedBy, len(reports))
		for i, r := range reports {
			found[i].key, found[i].err = v.signer(r.result.License)
		}
		return found
	}
	batch := make([]sig.Signed, len(reports))
	malformed := false
	for i, r := range reports {
		digits, ok := sig.Decode(r.result.License.Signature)
		batch[i] = sig.Signed{Message: r.result.License.Payload.Bytes(), Signature: digits}
		malformed = malformed || !ok
	}
	if malformed { // never: the parser refuses it
		found := make([]signedBy, len(reports))
		for i := range found {
			found[i].err = errSignatureForm
		}
		return found
	}
	return v.search(batch)
}

// search returns the signer of each signature, trying the trusted keys in order,
// each on all signatures that are left.
func (v *Verifier) search(batch []sig.Signed) []signedBy {
	found := make([]signedBy, len(batch))
	left := make([]int, len(batch)) // where the signature batch[i] belongs
	for i := range left {
		left[i] = i
	}
	for k := range v.trusted {
		key := &v.trusted[k]
		if len(batch) == 0 {
			break
		}
		v.try(key.Key, batch)
		open := 0
		for i := range batch {
			if batch[i].OK {
				found[left[i]].key = key
				continue
			}
			batch[open], left[open] = batch[i], left[i]
			open++
		}
		batch, left = batch[:open], left[:open]
	}
	for i := range batch {
		found[left[i]].err = v.noSigner(batch[i].Message, batch[i].Signature[:])
	}
	return found
}

// try sets OK of each signature in a batch that key has made.
func (v *Verifier) try(key crypto.PublicKey, batch []sig.Signed) {
	if k, ok := key.(ed25519.PublicKey); ok {
		v.options.Tables.Verify(k, batch)
		return
	}
	for i := range batch {
		batch[i].OK = sig.Verify(key, batch[i].Message, batch[i].Signature[:])
	}
}

// noSigner says why no trusted key made a signature.
func (v *Verifier) noSigner(message, signature []byte) error {
	for _, key := range v.trusted {
		if sig.HasHighS(key.Key, message, signature) {
			return &SignatureError{"the signature has a high s; the program that made the licence must write n−s instead"}
		}
	}
	if len(v.trusted) == 1 {
		return &SignatureError{"the signature does not match the trusted key"}
	}
	return &SignatureError{fmt.Sprintf("the signature matches none of the %d trusted keys", len(v.trusted))}
}

// entryFor returns the entry for key in the list of trusted keys under which a
// licence of that period may be signed, one of the issuer if there is one. A key may
// be listed several times, for other dates or for other issuers. periodErr says why
// the period could not be read.
func (v *Verifier) entryFor(key *licseal.TrustedKey, period licseal.Period, periodErr error) (*licseal.TrustedKey, error) {
	wanted := v.options.Issuer
	err := checkWindow(key, period, periodErr)
	if err == nil && (wanted == "" || key.SignsFor(wanted)) {
		return key, nil
	}
	found := key
	for i := range v.trusted {
		other := &v.trusted[i]
		switch {
		case !samePublic(key.Key, other.Key) || checkWindow(other, period, periodErr) != nil:
		case wanted == "" || other.SignsFor(wanted):
			return other, nil
		case err != nil:
			found, err = other, nil
		}
	}
	if err != nil {
		return nil, err
	}
	return found, nil
}

func samePublic(a, b crypto.PublicKey) bool {
	k, ok := a.(interface{ Equal(crypto.PublicKey) bool })
	return ok && k.Equal(b)
}

// checkWindow refuses a signature whose key is not trusted for licences that
// were created when this one was.
func checkWindow(key *licseal.TrustedKey, period licseal.Period, periodErr error) error {
	after, before := key.ValidAfter, key.ValidBefore
	if after.IsZero() && before.IsZero() {
		return nil
	}
	created := period.NotBefore
	switch {
	case periodErr != nil:
		return &SignatureError{fmt.Sprintf("the key %q is trusted for certain dates only, and the dates of the licence cannot be read: %v", key.Name, periodErr)}
	case !after.IsZero() && created.Before(after):
		return &SignatureError{fmt.Sprintf("the key %q is trusted for licences created from %s on; this one was created at %s", key.Name, format(after), format(created))}
	case !before.IsZero() && !created.Before(before):
		return &SignatureError{fmt.Sprintf("the key %q is trusted for licences created before %s; this one was created at %s", key.Name, format(before), format(created))}
	}
	return nil
}
