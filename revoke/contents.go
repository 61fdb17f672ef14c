// Package revoke reads, verifies, edits and signs revocation lists: signed
// documents that name licences and signing keys which are no longer trusted.
//
// [Verify] is the only way to a list that can be relied on; package verify judges
// licences by it. To issue lists, start with [New], continue each list with
// [Contents.Next], and sign with [Sign]. SPEC.md section 10 defines the format.
package revoke

import (
	"bytes"
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
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/jsonread"
)

const (
	// MaxBytes is the size of the largest list that is read: room for some
	// 400,000 licences.
	MaxBytes = 32 << 20

	// maxKeys is the greatest number of signing keys on a list.
	maxKeys = 10_000

	// maxReason is the length of the longest reason, in bytes.
	maxReason = 200

	// maxGeneration is the greatest integer that every JSON implementation
	// keeps exactly (RFC 7493, section 2.2).
	maxGeneration = 1<<53 - 1

	// saltSize is the length of a salt, in bytes.
	saltSize = 16
)

// licenseContext starts the text that is hashed for a revoked licence.
const licenseContext = "licseal-revoked-license-v1\n"

// Contents is what a revocation list says: which licences and which signing keys
// are no longer trusted.
//
// Licences are kept as hashes of their ids (the field that [licseal.Roles].ID
// names), so that a list names no customer. The salt in the hash is random, public,
// and the same in every generation of a list, because the ids behind the hashes are
// not kept. It prevents comparing the lists of two vendors and computing tables in
// advance. It does not prevent guessing: an id that must stay secret has to be long
// and random.
type Contents struct {
	// Generation numbers the lists that replace each other, starting at 1.
	Generation int64

	// Issued is when the list was issued, NextUpdate when the next one is due.
	// Both are written in whole seconds.
	Issued, NextUpdate time.Time

	keys     map[string]Key         // by ID
	licenses map[licenseHash]string // reasons
	salt     string                 // 32 hex digits
}

// Key is a signing key that is no longer trusted.
type Key struct {
	ID string // its fingerprint, as licseal.KeyID returns it

	// From is the instant from which the key is not trusted: it refuses
	// licences created, and revocation lists issued, at or after From. The zero
	// time refuses everything that the key signed. Use it for a stolen key,
	// because a thief can sign any date.
	From time.Time

	Reason string // one line, or empty
}

// Refuses reports whether what the key signed at an instant is not trusted.
func (k Key) Refuses(signed time.Time) bool { return !signed.Before(k.From) }

// ValueError says that a list cannot hold an id, a fingerprint or a reason.
type ValueError struct {
	Detail string
}

func (e *ValueError) Error() string { return e.Detail }

func valueErrorf(format string, args ...any) error {
	return &ValueError{fmt.Sprintf(format, args...)}
}

// licenseHash identifies a revoked licence.
type licenseHash [sha256.Size]byte

// New returns the contents of a list of generation 1 that revokes nothing. It has a
// random salt.
func New(issued, nextUpdate time.Time) *Contents {
	salt := make([]byte, saltSize)
	rand.Read(salt)
	return &Contents{
		Generation: 1, Issued: issued, NextUpdate: nextUpdate,
		keys: map[string]Key{}, licenses: map[licenseHash]string{}, salt: hex.EncodeToString(salt),
	}
}

// Next returns a copy of c with the next generation, for the list that replaces it.
func (c *Contents) Next(issued, nextUpdate time.Time) *Contents {
	return &Contents{
		Generation: c.Generation + 1, Issued: issued, NextUpdate: nextUpdate,
		keys: maps.Clone(c.keys), licenses: maps.Clone(c.licenses), salt: c.salt,
	}
}

// RevokeLicense revokes the licence with an id. The reason is one printable line
// of at most 200 bytes, or empty; it replaces the reason of a licence that is
// revoked already. An empty id, one that is not UTF-8, and any other reason are a
// [*ValueError].
func (c *Contents) RevokeLicense(id, reason string) error {
	switch {
	case id == "":
		return valueErrorf("the id of the licence is empty")
	case !utf8.ValidString(id):
		return valueErrorf("the id %s is not UTF-8; every licence's id is", jsonread.Quote(id))
	}
	if err := checkReason(reason); err != nil {
		return err
	}
	if c.licenses == nil {
		return errNotMade
	}
	c.licenses[c.hash(id)] = reason
	return nil
}

// RestoreLicense takes a licence off the list and reports whether it was on it.
func (c *Contents) RestoreLicense(id string) bool {
	_, revoked := c.License(id)
	delete(c.licenses, c.hash(id))
	return revoked
}

// License reports whether the licence with an id is revoked, and why.
func (c *Contents) License(id string) (reason string, revoked bool) {
	reason, revoked = c.licenses[c.hash(id)]
	return reason, revoked
}

// Licenses returns the number of revoked licences.
func (c *Contents) Licenses() int { return len(c.licenses) }

// hash returns the hash of a licence's id as SPEC.md defines it.
func (c *Contents) hash(id string) licenseHash {
	text := make([]byte, 0, 128)
	text = append(text, licenseContext...)
	text = append(text, c.salt...)
	text = append(text, '\n')
	return sha256.Sum256(append(text, id...))
}

// RevokeKey revokes a signing key. It replaces the entry of a key that is revoked
// already. The error for an ID that is not a fingerprint, and for an unprintable or
// long reason, is a [*ValueError].
func (c *Contents) RevokeKey(key Key) error {
	if !isKeyID(key.ID) {
		return valueErrorf("%s is not the fingerprint of a key; it looks like SHA256:bbXpuKG6…, with 43 characters after the colon", jsonread.Quote(key.ID))
	}
	if err := checkReason(key.Reason); err != nil {
		return err
	}
	if c.keys == nil {
		return errNotMade
	}
	if _, known := c.keys[key.ID]; !known && len(c.keys) >= maxKeys {
		return valueErrorf("the list has %d signing keys; it cannot hold more", len(c.keys))
	}
	c.keys[key.ID] = key
	return nil
}

// RestoreKey takes a signing key off the list and reports whether it was on it.
func (c *Contents) RestoreKey(id string) bool {
	_, revoked := c.keys[id]
	delete(c.keys, id)
	return revoked
}

// Key returns the entry of a signing key, and whether there is one.
func (c *Contents) Key(id string) (key Key, revoked bool) {
	key, revoked = c.keys[id]
	return key, revoked
}

// Keys returns the revoked signing keys, sorted by ID.
func (c *Contents) Keys() []Key {
	var all []Key
	for _, id := range slices.Sorted(maps.Keys(c.keys)) {
		all = append(all, c.keys[id])
	}
	return all
}

// Payload returns the payload of the list, in canonical form.
func (c *Contents) Payload() (licseal.Payload, error) {
	if err := c.check(); err != nil {
		return licseal.Payload{}, err
	}
	b := fmt.Appendf(nil, `{"generation":%d,"issued":%q,"keys":{`, c.Generation, jsonread.FormatTime(c.Issued))
	for i, key := range c.Keys() {
		b = appendName(b, i, key.ID)
		b = append(b, '{')
		if !key.From.IsZero() {
			b = fmt.Appendf(b, `"from":%q,`, jsonread.FormatTime(key.From))
		}
		b = append(appendString(append(b, `"reason":`...), key.Reason), '}')
	}
	b = append(b, `},"licenses":{`...)
	hashes := slices.SortedFunc(maps.Keys(c.licenses), func(a, b licenseHash) int { return bytes.Compare(a[:], b[:]) })
	for i, hash := range hashes {
		b = appendName(b, i, hex.EncodeToString(hash[:]))
		b = appendString(b, c.licenses[hash])
	}
	b = fmt.Appendf(b, `},"next_update":%q,"salt":%q}`, jsonread.FormatTime(c.NextUpdate), c.salt)
	return envelope.ParsePayload(b)
}

var errNotMade = errors.New("the zero Contents is not a revocation list: start with revoke.New")

// check refuses contents that would make an unreadable list.
func (c *Contents) check() error {
	switch {
	case c.salt == "":
		return errNotMade
	case c.Generation < 1 || c.Generation > maxGeneration:
		return fmt.Errorf("the generation of a revocation list must be from 1 to %d, not %d", int64(maxGeneration), c.Generation)
	case !c.Issued.Truncate(time.Second).Before(c.NextUpdate.Truncate(time.Second)):
		return fmt.Errorf("the next update (%s) must come after the issue (%s)", jsonread.FormatTime(c.NextUpdate), jsonread.FormatTime(c.Issued))
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
	b, _ = jsontext.AppendQuote(b, s) // fails for invalid UTF-8 only, which checkReason refuses
	return b
}

// checkReason refuses a reason that would garble an error message.
func checkReason(reason string) error {
	switch {
	case len(reason) > maxReason:
		return valueErrorf("the reason has %d bytes; the limit is %d", len(reason), maxReason)
	case !utf8.ValidString(reason) || strings.ContainsFunc(reason, func(r rune) bool { return !unicode.IsGraphic(r) }):
		return valueErrorf("the reason %s has characters that do not print; write it as one line", jsonread.Quote(reason))
	}
	return nil
}
