package licseal

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// The bounds of a revocation list.
const (
	// MaxRevocationsBytes is the size of the largest revocation list that is
	// read unless a [Parser] says otherwise: room for some 400,000 licences.
	MaxRevocationsBytes = 32 << 20

	// maxRevokedKeys is the greatest number of signing keys on a list.
	maxRevokedKeys = 10_000

	// maxReason is the length of the longest reason, in bytes.
	maxReason = 200

	// maxGeneration is the greatest generation that every JSON
	// implementation keeps exactly.
	maxGeneration = maxInteger
)

// RevocationsContext is the line, newline included, that stands before the
// canonical payload of a revocation list in what is signed. A licence's payload
// begins with '{', so the signature of the one is never that of the other.
const RevocationsContext = "licseal-revocations-v1\n"

// revokedLicenseContext begins what is hashed of a licence that is revoked.
const revokedLicenseContext = "licseal-revoked-license-v1\n"

// Revocations is what a revocation list says: which licences and which signing
// keys are no longer believed.
//
// Licences are kept as hashes of their id (what [Roles].ID names), so that a list
// names no customer. The salt in the hash is random and public, and the same
// through all generations of a list, because the ids that it was made from are
// not kept: it keeps two vendors' lists from being compared and tables from
// being made ahead. It does not stop whoever guesses an id from finding it, so
// ids that must stay secret have to be long and random.
type Revocations struct {
	// Generation counts the lists that replace each other, from 1.
	Generation int64

	// Issued is when the list was made; until NextUpdate there will be
	// another. Both are written in whole seconds.
	Issued, NextUpdate time.Time

	keys     map[string]RevokedKey  // by ID
	licenses map[licenseHash]string // reasons
	salt     string                 // 32 hex digits
}

// RevokedKey is a signing key that is no longer believed.
type RevokedKey struct {
	ID string // its KeyID

	// From is the creation instant from which licences that it signed are
	// not believed; the same holds for the issue of revocation lists. The
	// zero time is the beginning: the key is not believed at all.
	//
	// Whoever has the key can sign any date, so a key that was stolen is to
	// be revoked from the beginning.
	From time.Time

	Reason string // one line, or empty
}

// licenseHash is what a revoked licence is known by.
type licenseHash [sha256.Size]byte

// NewRevocations returns a list of generation 1 that revokes nothing, issued at
// an instant and to be replaced by another. It has a random salt.
func NewRevocations(issued, nextUpdate time.Time) *Revocations {
	salt := make([]byte, saltSize)
	rand.Read(salt)
	return &Revocations{
		Generation: 1, Issued: issued, NextUpdate: nextUpdate,
		keys: map[string]RevokedKey{}, licenses: map[licenseHash]string{}, salt: hex.EncodeToString(salt),
	}
}

// Next returns a list that replaces r: it has the next generation and says the
// same. A change to the one is not one to the other.
func (r *Revocations) Next(issued, nextUpdate time.Time) *Revocations {
	return &Revocations{
		Generation: r.Generation + 1, Issued: issued, NextUpdate: nextUpdate,
		keys: maps.Clone(r.keys), licenses: maps.Clone(r.licenses), salt: r.salt,
	}
}

// RevokeLicense revokes the licence with an id. The reason is one printable line
// of at most 200 bytes, or empty. If the licence is revoked already, its reason is
// replaced. An id that is not UTF-8 is refused, because no licence has one.
func (r *Revocations) RevokeLicense(id, reason string) error {
	switch {
	case id == "":
		return errors.New("the id of the licence is empty")
	case !utf8.ValidString(id):
		return fmt.Errorf("the id %s is not UTF-8, as that of every licence is", quote([]byte(id)))
	}
	if err := checkReason(reason); err != nil {
		return err
	}
	if r.licenses == nil {
		return errNotMade
	}
	r.licenses[r.hash(id)] = reason
	return nil
}

// RestoreLicense takes a licence off the list, and reports whether it was on it.
func (r *Revocations) RestoreLicense(id string) bool {
	_, revoked := r.License(id)
	delete(r.licenses, r.hash(id))
	return revoked
}

// License reports whether the licence with an id is revoked, and why.
func (r *Revocations) License(id string) (reason string, revoked bool) {
	reason, revoked = r.licenses[r.hash(id)]
	return reason, revoked
}

// Licenses returns how many licences are revoked.
func (r *Revocations) Licenses() int { return len(r.licenses) }

// hash returns what a licence is known by in the list. SPEC.md defines it.
func (r *Revocations) hash(id string) licenseHash {
	text := make([]byte, 0, 128)
	text = append(text, revokedLicenseContext...)
	text = append(text, r.salt...)
	text = append(text, '\n')
	return sha256.Sum256(append(text, id...))
}

// RevokeKey revokes a signing key. If it is revoked already, from another instant
// or for another reason, that is replaced.
func (r *Revocations) RevokeKey(key RevokedKey) error {
	if !isKeyID(key.ID) {
		return fmt.Errorf("%s is not the fingerprint of a key; it looks like SHA256:bbXpuKG6…, with 43 characters after the colon", quote([]byte(key.ID)))
	}
	if err := checkReason(key.Reason); err != nil {
		return err
	}
	if r.keys == nil {
		return errNotMade
	}
	if _, known := r.keys[key.ID]; !known && len(r.keys) >= maxRevokedKeys {
		return fmt.Errorf("the list has %d signing keys already, as many as are read", len(r.keys))
	}
	r.keys[key.ID] = key
	return nil
}

// RestoreKey takes a signing key off the list, and reports whether it was on it.
func (r *Revocations) RestoreKey(id string) bool {
	_, revoked := r.keys[id]
	delete(r.keys, id)
	return revoked
}

// Key returns the entry of a signing key, and whether there is one.
func (r *Revocations) Key(id string) (key RevokedKey, revoked bool) {
	key, revoked = r.keys[id]
	return key, revoked
}

// Keys returns the signing keys that are revoked, in the order of their ids.
func (r *Revocations) Keys() []RevokedKey {
	return slices.SortedFunc(maps.Values(r.keys), func(a, b RevokedKey) int { return cmp.Compare(a.ID, b.ID) })
}

// Payload returns the list as it is signed: in canonical form.
func (r *Revocations) Payload() (Payload, error) {
	if err := r.check(); err != nil {
		return Payload{}, err
	}
	b := fmt.Appendf(nil, `{"generation":%d,"issued":%q,"keys":{`, r.Generation, formatTime(r.Issued))
	for i, key := range r.Keys() {
		b = appendName(b, i, key.ID)
		b = append(b, '{')
		if !key.From.IsZero() {
			b = fmt.Appendf(b, `"from":%q,`, formatTime(key.From))
		}
		b = append(appendString(append(b, `"reason":`...), key.Reason), '}')
	}
	b = append(b, `},"licenses":{`...)
	hashes := slices.SortedFunc(maps.Keys(r.licenses), func(a, b licenseHash) int { return bytes.Compare(a[:], b[:]) })
	for i, hash := range hashes {
		b = appendName(b, i, hex.EncodeToString(hash[:]))
		b = appendString(b, r.licenses[hash])
	}
	b = fmt.Appendf(b, `},"next_update":%q,"salt":%q}`, formatTime(r.NextUpdate), r.salt)
	s, err := Parser{}.newScanner(b, payloadDepth, &revocationsEnvelope)
	if err != nil {
		return Payload{}, err
	}
	return s.payload("")
}

var errNotMade = errors.New("a revocation list is made by NewRevocations, and this one was not")

// check refuses a list that nobody could read.
func (r *Revocations) check() error {
	switch {
	case r.salt == "":
		return errNotMade
	case r.Generation < 1 || r.Generation > maxGeneration:
		return fmt.Errorf("the generation of a revocation list is from 1 to %d, and this one is %d", int64(maxGeneration), r.Generation)
	case !r.Issued.Truncate(time.Second).Before(r.NextUpdate.Truncate(time.Second)):
		return fmt.Errorf("the next update (%s) must come after the issue (%s)", formatTime(r.NextUpdate), formatTime(r.Issued))
	}
	return nil
}

func appendName(b []byte, i int, name string) []byte {
	if i > 0 {
		b = append(b, ',')
	}
	return append(appendString(b, name), ':')
}

func appendString(b []byte, s string) []byte {
	b, _ = jsontext.AppendQuote(b, s) // its error is invalid UTF-8, which checkReason refuses
	return b
}

func formatTime(t time.Time) string { return t.UTC().Truncate(time.Second).Format(time.RFC3339) }

// checkReason refuses a reason that would not stand well in an error message.
func checkReason(reason string) error {
	switch {
	case len(reason) > maxReason:
		return fmt.Errorf("the reason has %d bytes; at most %d are kept", len(reason), maxReason)
	case !utf8.ValidString(reason) || strings.ContainsFunc(reason, func(r rune) bool { return !unicode.IsGraphic(r) }):
		return fmt.Errorf("the reason %s has characters that do not print; write it as one line", quote([]byte(reason)))
	}
	return nil
}
