package trust

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/licseal/licseal"
)

// Chain is what a verifier knows of a chain: the newest document, which is verified,
// the digests of those before it, and which role each key has had. It does not change,
// and several goroutines may use it.
type Chain struct {
	newest  *Document
	digests []string // of generation 1, 2, …
	roles   roles
}

// Anchor returns the chain that begins and ends with a document: generation 1, signed
// by as many of its roots as it says. The error is an [*Error].
func Anchor(d *Document) (*Chain, error) {
	if err := Step(nil, d); err != nil {
		return nil, err
	}
	c := &Chain{newest: d, digests: []string{d.digest}, roles: roles{}}
	c.roles.add(d)
	return c, nil
}

// Open follows a chain, one document a line and oldest first. The first must have the
// digest anchor, and every document must follow the one before it. The errors are
// those of [Chain.Extend].
func Open(data []byte, anchor string) (*Chain, error) {
	lines, err := split(data)
	if err != nil {
		return nil, err
	}
	var c *Chain
	cache := newKeyCache()
	for i, line := range lines {
		d, err := parse(line, cache)
		switch {
		case err != nil:
			return nil, lineError(i+1, err)
		case c == nil:
			c, err = open(d, anchor)
		default:
			err = c.step(d)
		}
		if err != nil {
			return nil, err
		}
	}
	return c, nil
}

// open begins a chain with the document that has the digest anchor.
func open(d *Document, anchor string) (*Chain, error) {
	switch {
	case d.content.Generation != 1:
		return nil, d.refuse(Gap, "the chain does not begin with generation 1")
	case d.digest != anchor:
		return nil, d.refuse(WrongAnchor, "the chain begins with the document %s, and this verifier trusts %s", d.digest, anchor)
	}
	return Anchor(d)
}

// Extend follows a chain, one document a line and oldest first, from what is known. It
// returns what is known then; if that is nothing new, c. The chain must contain the
// newest document that is known, or begin with the one after it; one that ends earlier
// and agrees with what is known is no error.
//
// It reads from the end, and no further than the last document of a generation that is
// known. If a document that it reads is refused, so is the whole chain. The errors are
// [*Error], and [*licseal.ParseError] with a line around it.
func (c *Chain) Extend(data []byte) (*Chain, error) {
	lines, err := split(data)
	if err != nil {
		return nil, err
	}
	fresh, err := c.unknown(lines)
	if err != nil || len(fresh) == 0 {
		return c, err
	}
	next := &Chain{c.newest, slices.Clone(c.digests), maps.Clone(c.roles)}
	for _, d := range fresh {
		if err := next.step(d); err != nil {
			return nil, err
		}
	}
	return next, nil
}

// split returns the lines of a chain, at least one.
func split(data []byte) ([][]byte, error) {
	if len(data) > MaxChainBytes {
		return nil, &Error{Reason: TooLong, Detail: fmt.Sprintf("the chain has more than %d bytes", MaxChainBytes)}
	}
	return bytes.Split(bytes.TrimSuffix(data, []byte{'\n'}), []byte{'\n'}), nil
}

// unknown reads a chain from its end until it finds a generation that is known, and
// returns the documents after that. It refuses a known generation that says something
// else, and documents that are out of order.
func (c *Chain) unknown(lines [][]byte) ([]*Document, error) {
	known, cache := c.newest.content.Generation, newKeyCache()
	newest := c.newest.String()
	var fresh []*Document // newest first
	for i, line := range slices.Backward(lines) {
		d := c.newest
		if string(line) != newest {
			var err error
			if d, err = parse(line, cache); err != nil {
				return nil, lineError(i+1, err)
			}
		}
		generation := d.content.Generation
		if n := len(fresh); n > 0 && generation >= fresh[n-1].content.Generation {
			return nil, fresh[n-1].refuse(Rollback, "it comes after generation %d in the chain", generation)
		}
		if generation > known {
			fresh = append(fresh, d)
			continue
		}
		if c.digests[generation-1] != d.digest {
			return nil, d.refuse(Fork, "another document of this generation is known")
		}
		if len(fresh) > 0 && generation < known {
			return nil, fresh[len(fresh)-1].refuse(Gap, "the one before it in the chain is generation %d", generation)
		}
		if int64(i) >= generation {
			return nil, d.refuse(Rollback, "%d documents come before it in the chain", i)
		}
		break
	}
	slices.Reverse(fresh)
	return fresh, nil
}

func lineError(line int, err error) error { return fmt.Errorf("line %d of the chain: %w", line, err) }

// step appends a document.
func (c *Chain) step(d *Document) error {
	if err := follows(c.newest, d); err != nil {
		return err
	}
	if err := c.roles.check(d); err != nil {
		return err
	}
	if err := checkSignatures(c.newest, d); err != nil {
		return err
	}
	c.newest, c.digests = d, append(c.digests, d.digest)
	if c.roles.add(d); len(c.roles) > MaxChainKeys {
		return d.refuse(TooLong, "the chain has more than %d different keys", MaxChainKeys)
	}
	return nil
}

// Anchor returns the digest of the first document.
func (c *Chain) Anchor() string { return c.digests[0] }

// Generation returns the generation of the newest document.
func (c *Chain) Generation() int64 { return c.newest.content.Generation }

// Newest returns the newest document.
func (c *Chain) Newest() *Document { return c.newest }

// Trusted returns the keys that the newest document trusts, for package verify. If
// there are none, no licence can be verified.
func (c *Chain) Trusted() []licseal.TrustedKey { return slices.Clone(c.newest.content.Keys) }

// Trusts reports whether the newest document trusts the key with a fingerprint for a
// revocation list that was issued at an instant.
func (c *Chain) Trusts(id string, issued time.Time) bool {
	i := slices.Index(c.newest.content.keyIDs, id)
	if i < 0 {
		return false
	}
	key := c.newest.content.Keys[i]
	return !issued.Before(key.ValidAfter) && (key.ValidBefore.IsZero() || issued.Before(key.ValidBefore))
}

// Check returns why a document cannot follow the newest one, as [Chain.Extend] does, and
// nil if it can. A document that too few roots have signed has the reason Threshold, and
// no other fault.
func (c *Chain) Check(d *Document) error {
	next := &Chain{c.newest, slices.Clone(c.digests), maps.Clone(c.roles)}
	return next.step(d)
}
