package revoke

import (
	"crypto"
	"fmt"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/jsonread"
	"github.com/licseal/licseal/internal/sig"
)

// Sign signs a list with a key as [sign.License] takes it. It is an error if the
// list revokes the key from its issue or earlier, because no verifier would accept
// the list.
//
// [sign.License]: https://pkg.go.dev/github.com/licseal/licseal/sign#License
func Sign(c *Contents, key crypto.Signer) (*Document, error) {
	payload, err := c.Payload()
	if err != nil {
		return nil, err
	}
	signature, err := sig.Sign(envelope.Message(payload), key)
	if err != nil {
		return nil, err
	}
	id := licseal.KeyID(key.Public()) // Sign has refused a nil key
	if revoked, ok := c.Key(id); ok && revoked.Refuses(c.Issued) {
		return nil, errorf(SignerRevoked, "the list revokes the key that is to sign it, %s: sign it with another trusted key", id)
	}
	return ParseUnverified([]byte(envelope.Text(payload, signature)))
}

// Editor issues a list that replaces another.
type Editor struct {
	// Key signs the new list.
	Key crypto.Signer

	// Trusted are the keys that the verifiers of the list trust. The old list
	// must be signed by one of them, and so must the new one. If nil, they are the
	// public half of Key.
	Trusted []licseal.TrustedKey

	// Issued and NextUpdate are of the new list.
	Issued, NextUpdate time.Time
}

// Edit verifies a list, changes a copy of what it says, and signs the result as the
// list that replaces it. It returns no list that a verifier with the old one would
// refuse. The errors are those of
// [Verify], [Sign], [Seen.Check] and change.
func (e *Editor) Edit(data []byte, change func(*Contents) error) (*Document, error) {
	trusted := e.Trusted
	if trusted == nil {
		trusted = []licseal.TrustedKey{{Key: e.Key.Public()}}
	}
	old, err := Verify(data, trusted)
	if err != nil {
		return nil, err
	}
	if issued := old.contents.Issued; e.Issued.Before(issued) {
		return nil, errorf(Replayed, "the clock says %s, and the list was issued at %s: the clock is wrong, or was set back", jsonread.FormatTime(e.Issued), jsonread.FormatTime(issued))
	}
	next := old.contents.Next(e.Issued, e.NextUpdate)
	if err := change(next); err != nil {
		return nil, err
	}
	doc, err := Sign(next, e.Key)
	if err != nil {
		return nil, err
	}
	list, err := doc.verify(trusted)
	if err != nil {
		return nil, fmt.Errorf("verifiers that trust these keys would refuse the new list: %w", err)
	}
	if err := old.Seen().Check(list); err != nil {
		return nil, err
	}
	return doc, nil
}

// Addition is what [Contents.Add] adds to a list.
type Addition struct {
	Licenses []string  // ids
	Keys     []string  // fingerprints of signing keys
	From     time.Time // of Keys, see [Key]

	// Reason is the reason of all of them. If nil, entries that are on the list
	// keep their reason, and new ones have none.
	Reason *string
}

// WeakerError says that a signing key is revoked from an earlier instant than the
// one asked for. Its licences in between would be trusted again.
type WeakerError struct {
	Key  Key       // as it is on the list
	From time.Time // what was asked for
}

func (e *WeakerError) Error() string {
	from := "from the beginning"
	if !e.Key.From.IsZero() {
		from = "from " + jsonread.FormatTime(e.Key.From)
	}
	return fmt.Sprintf("the signing key %s is already revoked %s, and would be trusted again until %s", e.Key.ID, from, jsonread.FormatTime(e.From))
}

// Add revokes licences and signing keys. A key that is on the list is never revoked
// from a later instant than before: that is a [*WeakerError]. If an error is
// returned, c may have changed.
func (c *Contents) Add(a Addition) error {
	reason := func(known string) string {
		if a.Reason == nil {
			return known
		}
		return *a.Reason
	}
	for _, id := range a.Licenses {
		known, _ := c.License(id)
		if err := c.RevokeLicense(id, reason(known)); err != nil {
			return err
		}
	}
	for _, id := range a.Keys {
		known, revoked := c.Key(id)
		if revoked && a.From.After(known.From) {
			return &WeakerError{known, a.From}
		}
		if err := c.RevokeKey(Key{ID: id, From: a.From, Reason: reason(known.Reason)}); err != nil {
			return err
		}
	}
	return nil
}

// NotListedError says that a licence or a signing key is not on the list.
type NotListedError struct {
	License string // its id
	Key     string // its fingerprint, if it is a key
}

func (e *NotListedError) Error() string {
	if e.Key != "" {
		return fmt.Sprintf("the signing key %s is not on the list", e.Key)
	}
	return fmt.Sprintf("the licence %q is not on the list", e.License)
}

// Remove takes licences, by their ids, and signing keys, by their fingerprints, off
// the list. If one is not on it, the error is a [*NotListedError], and c may have
// changed.
func (c *Contents) Remove(licenses, keys []string) error {
	for _, id := range licenses {
		if !c.RestoreLicense(id) {
			return &NotListedError{License: id}
		}
	}
	for _, id := range keys {
		if !c.RestoreKey(id) {
			return &NotListedError{Key: id}
		}
	}
	return nil
}
