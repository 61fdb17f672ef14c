package verify

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/sig"
	"github.com/licseal/licseal/revoke"
)

// RevocationList is a revocation list whose signature was verified. Only
// [Revocations] makes one. It is safe for concurrent use.
type RevocationList struct {
	contents *revoke.Contents
	key      licseal.TrustedKey
	digest   string
}

// Contents returns what the list says. The caller must not change it;
// [revoke.Contents.Next] makes a copy.
func (l *RevocationList) Contents() *revoke.Contents { return l.contents }

// Key returns the key that made the signature.
func (l *RevocationList) Key() licseal.TrustedKey { return l.key }

// ListReason is why a revocation list cannot be used, a stable word.
type ListReason string

// The reasons for which a revocation list cannot be used.
const (
	ListForged        ListReason = "forged"         // no trusted key made its signature, or none that was trusted when it was issued
	ListSignerRevoked ListReason = "signer-revoked" // the key that signed it is revoked: by itself, or by a list seen earlier
	ListReplayed      ListReason = "replayed"       // an older list than one seen earlier
	ListForked        ListReason = "forked"         // another list of the generation that was seen
	ListStale         ListReason = "stale"          // past its next update, or older than allowed
)

// ListError says that a revocation list cannot be used. It says nothing about any
// licence: without the list that was asked for, none is judged.
type ListError struct {
	Reason ListReason
	Detail string
}

func (e *ListError) Error() string { return e.Detail }

// RevokedError says that a licence, or the key that signed it, is revoked.
type RevokedError struct {
	License string // the id of the licence, if it is the licence that is revoked
	KeyID   string // the signing key, if it is the key
	Reason  string // what the list gives as the reason; may be empty

	// From is the creation instant from which licences of the key are not
	// believed. The zero time is the beginning.
	From time.Time
}

func (e *RevokedError) Error() string {
	text := fmt.Sprintf("the licence %q is revoked", e.License)
	switch {
	case e.KeyID != "" && e.From.IsZero():
		text = fmt.Sprintf("the key that signed it, %s, is revoked", e.KeyID)
	case e.KeyID != "":
		text = fmt.Sprintf("the key that signed it, %s, is revoked for licences created from %s on", e.KeyID, format(e.From))
	}
	if e.Reason != "" {
		text += ": " + e.Reason
	}
	return text
}

// NoIDError says that a licence has no id to look up in a revocation list. It is
// refused: nobody could ever revoke it.
type NoIDError struct {
	licseal.Position
}

func (e *NoIDError) Error() string {
	return e.Position.String() + ": the licence has no id (a string or a number) to look up in the revocation list"
}

// Revocations parses a revocation list and verifies its signature against the
// trusted keys. Any trusted key may sign a list that was issued in the key's
// window, but for one that the list itself revokes from before its issue. The
// list is not yet judged by the clock: [License] does that each time, and
// [RevocationList.CheckFresh] before.
//
// The errors are [*licseal.ParseError], [*ListError] with the reason ListForged or
// ListSignerRevoked, and what [License] returns for unusable keys.
func Revocations(data []byte, trusted []licseal.TrustedKey) (*RevocationList, error) {
	if err := licseal.CheckTrusted(trusted); err != nil {
		return nil, err
	}
	list, err := revoke.ParseUnverified(data)
	if err != nil {
		return nil, err
	}
	contents := list.Contents()
	key, err := listSigner(list, contents.Issued, trusted)
	if err != nil {
		return nil, err
	}
	id := licseal.KeyID(key.Key)
	if revoked, ok := contents.Key(id); ok && !contents.Issued.Before(revoked.From) {
		return nil, &ListError{ListSignerRevoked, fmt.Sprintf("the revocation list revokes the key that signed it, %s; another trusted key must sign it", id)}
	}
	digest := sha256.Sum256(list.Payload.Bytes())
	return &RevocationList{contents, *key, hex.EncodeToString(digest[:])}, nil
}

// listSigner returns the trusted key that signed a list in its window.
func listSigner(list *revoke.Document, issued time.Time, trusted []licseal.TrustedKey) (*licseal.TrustedKey, error) {
	signature, ok := sig.Decode(list.Signature)
	if !ok {
		return nil, &ListError{ListForged, "the signature of the revocation list is not 128 lower-case hex digits"}
	}
	message := revoke.Message(list.Payload)
	refusal := &ListError{ListForged, "no trusted key made the signature of the revocation list"}
	for i := range trusted {
		key := &trusted[i]
		if !sig.Verify(key.Key, message, signature[:]) {
			continue
		}
		if isIn(key, issued) {
			return key, nil
		}
		refusal = &ListError{ListForged, fmt.Sprintf("the key %q that signed the revocation list was not trusted at its issue, %s", key.Name, format(issued))}
	}
	return nil, refusal
}

// isIn reports whether an instant lies in the window of a key.
func isIn(key *licseal.TrustedKey, t time.Time) bool {
	return !t.Before(key.ValidAfter) && (key.ValidBefore.IsZero() || t.Before(key.ValidBefore))
}

// CheckFresh returns a [*ListError] with the reason ListStale if the list is to be
// used no more at an instant: from its next update on, or once it is older than
// maxAge, unless that is zero. [License] does so each time; here it can be known
// before there is a licence.
func (l *RevocationList) CheckFresh(t time.Time, maxAge time.Duration) error {
	issued, next := l.contents.Issued, l.contents.NextUpdate
	switch {
	case !t.Before(next):
		return &ListError{ListStale, fmt.Sprintf("the revocation list was to be replaced by %s, and it is %s: get the next one", format(next), format(t))}
	case maxAge > 0 && t.Sub(issued) > maxAge:
		return &ListError{ListStale, fmt.Sprintf("the revocation list was issued at %s, and at %s that is longer ago than the %v allowed: get a newer one", format(issued), format(t), maxAge)}
	}
	return nil
}

// LicenseID returns the id by which a licence is revoked: the string at the pointer
// that roles name, or the text of a number there. ok is false if there is neither.
func LicenseID(p licseal.Payload, roles licseal.Roles) (id string, ok bool) {
	pointer := roles.WithDefaults().ID
	value, ok := p.Field(pointer)
	switch {
	case !ok:
		return "", false
	case value[0] == '-' || '0' <= value[0] && value[0] <= '9':
		return string(value), true
	}
	id, ok = p.Text(pointer)
	return id, ok && id != ""
}

func later(a, b time.Time) time.Time {
	if a, b = wall(a), wall(b); a.Before(b) {
		return b
	}
	return a
}
