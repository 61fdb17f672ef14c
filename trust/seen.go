package trust

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Seen is what a verifier remembers of the chain that it follows. The zero value says
// that it follows none.
type Seen struct {
	Digests []string // of generation 1, 2, …; the first is the anchor
	Roots   []string // the fingerprints of all keys that were roots, sorted
	Keys    []string // the fingerprints of all other keys, sorted
	Newest  string   // the newest document, in canonical form
}

// Seen returns what to remember of the chain.
func (c *Chain) Seen() Seen {
	s := Seen{Digests: slices.Clone(c.digests), Newest: c.newest.String()}
	for _, id := range slices.Sorted(maps.Keys(c.roles)) {
		if c.roles[id] {
			s.Roots = append(s.Roots, id)
		} else {
			s.Keys = append(s.Keys, id)
		}
	}
	return s
}

// Chain returns the chain that was seen, or nil if there was none. Its signatures are
// not verified again. The error says what does not fit together.
func (s *Seen) Chain() (*Chain, error) {
	if len(s.Digests) == 0 && s.Newest == "" && len(s.Roots)+len(s.Keys) == 0 {
		return nil, nil
	}
	d, err := ParseUnverified([]byte(s.Newest))
	if err != nil {
		return nil, fmt.Errorf("the newest document: %w", err)
	}
	n := len(s.Digests)
	switch {
	case d.content.Generation != int64(n) || s.Digests[n-1] != d.digest:
		return nil, errors.New("the newest document is not that of the last digest")
	case n > 1 && s.Digests[n-2] != d.content.Previous:
		return nil, errors.New("the newest document does not follow the one before")
	case !isAll(s.Digests, isDigest):
		return nil, errors.New("a digest is not 64 lower-case hex digits")
	case d.String() != s.Newest:
		return nil, errors.New("the newest document is not in canonical form")
	}
	c := &Chain{d, slices.Clone(s.Digests), make(roles, len(s.Roots)+len(s.Keys))}
	for _, id := range s.Roots {
		c.roles[id] = true
	}
	for _, id := range s.Keys {
		c.roles[id] = false
	}
	if err := c.roles.hold(d); err != nil {
		return nil, err
	}
	if len(c.roles) != len(s.Roots)+len(s.Keys) {
		return nil, errors.New("a key is listed twice")
	}
	return c, nil
}

func isAll(texts []string, is func(string) bool) bool {
	return !slices.ContainsFunc(texts, func(s string) bool { return !is(s) })
}

// hold requires that the keys of a document are known with their roles.
func (r roles) hold(d *Document) error {
	for _, id := range d.content.rootIDs {
		if !r[id] {
			return fmt.Errorf("the root %s is missing", id)
		}
	}
	for _, id := range d.content.keyIDs {
		if root, known := r[id]; !known || root {
			return fmt.Errorf("the key %s is missing", id)
		}
	}
	return nil
}

// Agrees reports whether two chains say the same of every generation that both have.
func (c *Chain) Agrees(other *Chain) bool {
	n := min(len(c.digests), len(other.digests))
	return slices.Equal(c.digests[:n], other.digests[:n])
}
