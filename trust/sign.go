package trust

import (
	"crypto"
	"errors"
	"slices"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/sig"
)

// Sign returns a document with the signature of a root added; it replaces one of the
// same key. prev is the document that the signer trusts, nil for generation 1. Sign
// checks all of the step from prev but the number of signatures. The errors are
// [*Error], and those of the key.
func Sign(prev, d *Document, key crypto.Signer) (*Document, error) {
	signature, err := sig.Sign(d.message, key)
	if err != nil {
		return nil, err
	}
	id := licseal.KeyID(key.Public()) // sig.Sign has refused a nil key
	others := slices.DeleteFunc(slices.Clone(d.signatures), func(s licseal.KeySignature) bool { return s.Key == id })
	return checked(prev, d, append(others, licseal.KeySignature{Key: id, Signature: signature}))
}

// Combine returns a document with the signatures of several copies. Copies of another
// document are an [*Error] with the reason Fork. prev is as in [Sign].
func Combine(prev *Document, copies ...*Document) (*Document, error) {
	if len(copies) == 0 {
		return nil, errors.New("there is no copy of the document")
	}
	var all []licseal.KeySignature
	for _, d := range copies {
		if d.digest != copies[0].digest {
			return nil, d.refuse(Fork, "the copies are not of the same document")
		}
		for _, s := range d.signatures {
			if !slices.ContainsFunc(all, func(other licseal.KeySignature) bool { return other.Key == s.Key }) {
				all = append(all, s)
			}
		}
	}
	return checked(prev, copies[0], all)
}

// checked returns d with other signatures. Too few of them are no error.
func checked(prev, d *Document, signatures []licseal.KeySignature) (*Document, error) {
	next, err := newDocument(d.payload, signatures, newKeyCache())
	if err != nil {
		return nil, err
	}
	if err := Step(prev, next); err != nil && !isThreshold(err) {
		return nil, err
	}
	return next, nil
}

func isThreshold(err error) bool {
	e, ok := err.(*Error)
	return ok && e.Reason == Threshold
}
