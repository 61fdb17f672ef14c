package revoke

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/jsonread"
	"github.com/licseal/licseal/internal/sig"
)

// List is a revocation list whose signature was verified. Only [Verify] returns
// one. It is safe for concurrent use.
type List struct {
	contents *Contents
	signer   licseal.TrustedKey
	digest   string
}

// Contents returns what the list says. The caller must not change it;
// [Contents.Next] returns a copy.
func (l *List) Contents() *Contents { return l.contents }

// Signer returns the key that signed the list.
func (l *List) Signer() licseal.TrustedKey { return l.signer }

// Reason is why a revocation list cannot be used, a stable word.
type Reason string

// The reasons of an [Error].
const (
	Forged        Reason = "forged"         // not signed by a key that was trusted when the list was issued
	SignerRevoked Reason = "signer-revoked" // signed by a key that this list, or the newest one seen, revokes
	Replayed      Reason = "replayed"       // older than the newest list seen
	Forked        Reason = "forked"         // another list has the same generation
	Stale         Reason = "stale"          // past its next update, or older than allowed
)

// Error says that a revocation list cannot be used. It says nothing about any
// licence: without the list that was asked for, no licence is judged.
type Error struct {
	Reason Reason // "" if there is no list at all, such as when it cannot be read
	Detail string
}

func (e *Error) Error() string { return e.Detail }

func errorf(reason Reason, format string, args ...any) error {
	return &Error{reason, fmt.Sprintf(format, args...)}
}

// Verify parses a revocation list and verifies its signature. Any trusted key may
// sign a list, if the list was issued within the key's window and does not revoke
// the key from its issue or earlier. Verify does not look at the clock;
// [List.CheckFresh] does.
//
// The errors are [*licseal.ParseError], [*Error] with the reason Forged or
// SignerRevoked, and those of [licseal.CheckTrusted].
func Verify(data []byte, trusted []licseal.TrustedKey) (*List, error) {
	if err := licseal.CheckTrusted(trusted); err != nil {
		return nil, err
	}
	doc, err := ParseUnverified(data)
	if err != nil {
		return nil, err
	}
	return doc.verify(trusted)
}

func (d *Document) verify(trusted []licseal.TrustedKey) (*List, error) {
	signer, err := d.signer(trusted)
	if err != nil {
		return nil, err
	}
	id := licseal.KeyID(signer.Key)
	if key, revoked := d.contents.Key(id); revoked && key.Refuses(d.contents.Issued) {
		return nil, errorf(SignerRevoked, "the revocation list revokes the key that signed it, %s; another trusted key must sign it", id)
	}
	digest := sha256.Sum256(d.Payload.Bytes())
	return &List{d.contents, *signer, hex.EncodeToString(digest[:])}, nil
}

// signer returns the trusted key that signed a list issued within its window.
func (d *Document) signer(trusted []licseal.TrustedKey) (*licseal.TrustedKey, error) {
	signature, ok := sig.Decode(d.Signature)
	if !ok {
		return nil, errorf(Forged, "the signature of the revocation list is not 128 lower-case hex digits")
	}
	message, issued := envelope.Message(d.Payload), d.contents.Issued
	refusal := errorf(Forged, "no trusted key made the signature of the revocation list")
	for i := range trusted {
		key := &trusted[i]
		if !sig.Verify(key.Key, message, signature[:]) {
			continue
		}
		if inWindow(key, issued) {
			return key, nil
		}
		refusal = errorf(Forged, "the key %q that signed the revocation list was not trusted when it was issued, %s", key.Name, jsonread.FormatTime(issued))
	}
	return nil, refusal
}

// inWindow reports whether an instant is in the window of a key.
func inWindow(key *licseal.TrustedKey, t time.Time) bool {
	return !t.Before(key.ValidAfter) && (key.ValidBefore.IsZero() || t.Before(key.ValidBefore))
}

// CheckFresh returns an [*Error] with the reason Stale if the list is too old at an
// instant: from its next update on, or if maxAge is not zero and the list is older
// than that.
func (l *List) CheckFresh(t time.Time, maxAge time.Duration) error {
	issued, next := l.contents.Issued, l.contents.NextUpdate
	switch {
	case !t.Before(next):
		return errorf(Stale, "the revocation list was due to be replaced by %s, and it is %s: get the next one", jsonread.FormatTime(next), jsonread.FormatTime(t))
	case maxAge > 0 && t.Sub(issued) > maxAge:
		return errorf(Stale, "the revocation list was issued at %s, and at %s that is longer ago than the %v allowed: get a newer one", jsonread.FormatTime(issued), jsonread.FormatTime(t), maxAge)
	}
	return nil
}
