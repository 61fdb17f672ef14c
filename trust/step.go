package trust

import (
	"crypto"
	"fmt"
	"slices"

	"github.com/licseal/licseal/internal/jsonread"
	"github.com/licseal/licseal/internal/sig"
)

// Reason is why a trust document or a chain is refused, a stable word.
type Reason string

// The reasons of an [Error].
const (
	WrongAnchor Reason = "anchor"    // the chain begins with another document than the verifier trusts
	Fork        Reason = "fork"      // another document of the same generation is known
	Rollback    Reason = "rollback"  // an older document after a newer one
	Gap         Reason = "gap"       // a generation is missing
	Previous    Reason = "previous"  // it follows another document
	Issued      Reason = "issued"    // not issued after the one before
	Role        Reason = "role"      // a key is both a root and a key for licences, somewhere in the chain
	Duplicate   Reason = "duplicate" // a key has signed twice
	Foreign     Reason = "foreign"   // signed by a key that is no root
	Wrong       Reason = "wrong"     // a signature is not good
	Threshold   Reason = "threshold" // too few roots have signed
	TooLong     Reason = "too-long"  // the chain has too many bytes or keys
)

// Error says why a trust document or a chain is refused.
type Error struct {
	Reason     Reason
	Generation int64 // of the document; 0 if it is about no single one
	Detail     string
}

func (e *Error) Error() string {
	if e.Generation == 0 {
		return e.Detail
	}
	return fmt.Sprintf("generation %d: %s", e.Generation, e.Detail)
}

func (d *Document) refuse(reason Reason, format string, args ...any) error {
	return &Error{reason, d.content.Generation, fmt.Sprintf(format, args...)}
}

// Step verifies that a document follows another one, or with nil, that it can be an
// anchor. Who trusts prev may then trust next. The error is an [*Error].
//
// Step looks at these two documents only; [Chain] also refuses a key that has changed
// its role since an earlier one.
func Step(prev, next *Document) error {
	if err := follows(prev, next); err != nil {
		return err
	}
	roles := roles{}
	if prev != nil {
		roles.add(prev)
	}
	if err := roles.check(next); err != nil {
		return err
	}
	return checkSignatures(prev, next)
}

// follows compares generations, digests and times.
func follows(prev, next *Document) error {
	generation := next.content.Generation
	if prev == nil {
		if generation != 1 {
			return next.refuse(Gap, "a chain begins with generation 1")
		}
		return nil
	}
	known := prev.content.Generation
	switch {
	case generation == known && next.digest != prev.digest:
		return next.refuse(Fork, "another document of this generation is known")
	case generation <= known:
		return next.refuse(Rollback, "generation %d is known already", known)
	case generation > known+1:
		return next.refuse(Gap, "the newest one known before it is generation %d; those between are missing", known)
	case next.content.Previous != prev.digest:
		return next.refuse(Previous, "it follows another document of generation %d than the one known", known)
	case !next.content.Issued.After(prev.content.Issued):
		return next.refuse(Issued, "it was issued at %s, which is not after the one before, %s", jsonread.FormatTime(next.content.Issued), jsonread.FormatTime(prev.content.Issued))
	}
	return nil
}

// checkSignatures requires the thresholds of both documents, and no signature that
// does not count.
func checkSignatures(prev, next *Document) error {
	for i, s := range next.signatures {
		if i > 0 && next.signatures[i-1].Key == s.Key {
			return next.refuse(Duplicate, "the key %s has signed twice", s.Key)
		}
		key := rootOf(prev, next, s.Key)
		if key == nil {
			return next.refuse(Foreign, "the key %s has signed, and is no root", s.Key)
		}
		signature, ok := sig.Decode(s.Signature)
		if !ok || !sig.Verify(key, next.message, signature[:]) {
			return next.refuse(Wrong, "the signature of the key %s is not good", s.Key)
		}
	}
	for _, d := range []*Document{prev, next} {
		if d == nil {
			continue
		}
		if n := d.SignaturesOn(next); n < d.content.Threshold {
			return next.refuse(Threshold, "%d of the %d roots of generation %d have signed, and %d are required", n, len(d.content.Roots), d.content.Generation, d.content.Threshold)
		}
	}
	return nil
}

// rootOf returns the root with a fingerprint, of one of two documents, or nil.
func rootOf(prev, next *Document, id string) crypto.PublicKey {
	for _, d := range []*Document{prev, next} {
		if d == nil {
			continue
		}
		if i := slices.Index(d.content.rootIDs, id); i >= 0 {
			return d.content.Roots[i].Key
		}
	}
	return nil
}

// SignaturesOn returns how many roots of d are said to have signed another document.
func (d *Document) SignaturesOn(next *Document) int {
	n := 0
	for _, s := range next.signatures {
		if slices.Contains(d.content.rootIDs, s.Key) {
			n++
		}
	}
	return n
}

// roles has the role of every key of a chain, by fingerprint: true is a root.
type roles map[string]bool

func (r roles) add(d *Document) {
	for _, id := range d.content.rootIDs {
		r[id] = true
	}
	for _, id := range d.content.keyIDs {
		r[id] = false
	}
}

// check refuses a document with a key that has, or had, the other role.
func (r roles) check(d *Document) error {
	for _, id := range d.content.rootIDs {
		if root, known := r[id]; known && !root || slices.Contains(d.content.keyIDs, id) {
			return d.refuse(Role, "the root %s is, or was, also a key for licences", id)
		}
	}
	for _, id := range d.content.keyIDs {
		if r[id] {
			return d.refuse(Role, "the key %s for licences was a root", id)
		}
	}
	return nil
}
