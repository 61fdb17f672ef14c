package trust

import (
	"errors"
	"fmt"
	"slices"
)

// Origin is where the trust of a verifier begins. It comes with the verifier, and never
// with what is verified.
type Origin struct {
	anchor string
	known  *Chain // nil if only the digest is known
	text   []byte // of known
}

// DigestOrigin returns the origin that is a document of generation 1 with a digest, 64
// lower-case hex digits. The document itself comes with the chain.
func DigestOrigin(digest string) (*Origin, error) {
	if !isDigest(digest) {
		return nil, errors.New("the digest of a trust document is 64 lower-case hex digits")
	}
	return &Origin{anchor: digest}, nil
}

// ReadOrigin returns the origin that is the first document of a chain. The documents after
// it must follow it. The errors are those of [Open].
func ReadOrigin(data []byte) (*Origin, error) {
	lines, err := split(data)
	if err != nil {
		return nil, err
	}
	first, err := parse(lines[0], newKeyCache())
	if err != nil {
		return nil, lineError(1, err)
	}
	known, err := Open(data, first.digest)
	if err != nil {
		return nil, err
	}
	return &Origin{first.digest, known, slices.Clone(data)}, nil
}

// Digest returns the digest of the first document.
func (o *Origin) Digest() string { return o.anchor }

// Known returns the chain in force before any other is read: the one that was seen, or
// the origin's own if that goes further. It is nil if there is neither. A seen chain that
// has another anchor, or does not agree with the origin, is an [*Error].
func (o *Origin) Known(seen *Chain) (*Chain, error) {
	switch {
	case seen == nil:
		return o.known, nil
	case seen.Anchor() != o.anchor:
		return nil, &Error{Reason: WrongAnchor, Detail: fmt.Sprintf("the chain that this verifier has followed begins with %s, not with %s", seen.Anchor(), o.anchor)}
	case o.known == nil:
		return seen, nil
	}
	return seen.Extend(o.text)
}

// Follow returns the chain that data leads to from the one in force, which [Origin.Known]
// has returned and may be nil. The errors are those of [Chain.Extend]; the chain in
// force stays in force then.
func (o *Origin) Follow(known *Chain, data []byte) (*Chain, error) {
	if known == nil {
		return Open(data, o.anchor)
	}
	return known.Extend(data)
}
