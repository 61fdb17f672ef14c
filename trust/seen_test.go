package trust_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal/trust"
)

func opened(t *testing.T, chain []*draft) *trust.Chain {
	t.Helper()
	c, err := trust.Open([]byte(lines(chain)), chain[0].digest())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A chain that was remembered refuses what the chain itself would: a fork of a known
// generation, and a key that had another role in a document that is gone.
func TestSeen(t *testing.T) {
	chain := goodChain(4)
	chain[1].keys = []pair{40} // only there
	for i := 2; i < len(chain); i++ {
		chain[i].previous = chain[i-1].digest()
	}
	seen := opened(t, chain).Seen()
	restored, err := seen.Chain()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(seen, restored.Seen()); diff != "" {
		t.Errorf("-seen +restored\n%s", diff)
	}
	if restored.Generation() != 4 || restored.Anchor() != chain[0].digest() {
		t.Errorf("generation %d, anchor %s", restored.Generation(), restored.Anchor())
	}
	next := &draft{generation: 5, issued: 50, previous: chain[3].digest(), threshold: 2, roots: []pair{1, 2, 3}, signers: []pair{1, 2}}
	if c, err := restored.Extend([]byte(next.String())); err != nil || c.Generation() != 5 {
		t.Errorf("the next one: %v", err)
	}
	next.roots = append(next.roots, 40)
	if _, err := restored.Extend([]byte(next.String())); reasonOf(err) != trust.Role {
		t.Errorf("a root that was a key: %v", err)
	}
	fork := *chain[1]
	fork.issued++
	if _, err := restored.Extend([]byte(fork.String())); reasonOf(err) != trust.Fork {
		t.Errorf("another generation 2: %v", err)
	}
}

func TestNothingSeen(t *testing.T) {
	if c, err := new(trust.Seen).Chain(); c != nil || err != nil {
		t.Errorf("got %v, %v", c, err)
	}
}

// What does not fit together is not taken for a chain.
func TestSeenDoesNotFit(t *testing.T) {
	good := opened(t, goodChain(3)).Seen()
	for name, change := range map[string]func(*trust.Seen){
		"no digests":           func(s *trust.Seen) { s.Digests = nil },
		"another digest":       func(s *trust.Seen) { s.Digests[2] = s.Digests[1] },
		"another predecessor":  func(s *trust.Seen) { s.Digests[1] = s.Digests[0] },
		"upper-case digest":    func(s *trust.Seen) { s.Digests[0] = strings.ToUpper(s.Digests[0]) },
		"a digest too few":     func(s *trust.Seen) { s.Digests = s.Digests[1:] },
		"no document":          func(s *trust.Seen) { s.Newest = "" },
		"another form":         func(s *trust.Seen) { s.Newest += " " },
		"a root is missing":    func(s *trust.Seen) { s.Roots = s.Roots[1:] },
		"a key is missing":     func(s *trust.Seen) { s.Keys = s.Keys[1:] },
		"a key twice":          func(s *trust.Seen) { s.Keys = append(s.Keys, s.Keys[0]) },
		"a root only as a key": func(s *trust.Seen) { s.Keys, s.Roots = append(s.Keys, s.Roots[0]), s.Roots[1:] },
		"a key only as a root": func(s *trust.Seen) { s.Roots, s.Keys = append(s.Roots, s.Keys[0]), s.Keys[1:] },
		"only digests":         func(s *trust.Seen) { *s = trust.Seen{Digests: s.Digests} },
		"only a document":      func(s *trust.Seen) { *s = trust.Seen{Newest: s.Newest} },
		"only roots":           func(s *trust.Seen) { *s = trust.Seen{Roots: s.Roots} },
		"only keys":            func(s *trust.Seen) { *s = trust.Seen{Keys: s.Keys} },
		"only roots and keys":  func(s *trust.Seen) { *s = trust.Seen{Roots: s.Roots, Keys: s.Keys[:len(s.Roots)]} },
		"a root is a key":      func(s *trust.Seen) { s.Keys = append(s.Keys, s.Roots[0]) },
	} {
		bad := trust.Seen{slices.Clone(good.Digests), slices.Clone(good.Roots), slices.Clone(good.Keys), good.Newest}
		change(&bad)
		if c, err := bad.Chain(); err == nil {
			t.Errorf("%s: got %v", name, c)
		}
	}
}

// The newest of two documents must follow the first, too.
func TestSeenOfTwo(t *testing.T) {
	seen := opened(t, goodChain(2)).Seen()
	seen.Digests[0] = strings.Repeat("0", 64)
	if c, err := seen.Chain(); err == nil {
		t.Errorf("got %v", c)
	}
}

// An origin with newer documents is the floor for what was seen, and the other
// way round.
func TestOrigin(t *testing.T) {
	chain := goodChain(4)
	text := func(n int) []byte { return []byte(lines(chain[:n])) }
	origin, err := trust.ReadOrigin(text(2))
	if err != nil || origin.Digest() != chain[0].digest() {
		t.Fatal(origin, err)
	}
	digest, err := trust.DigestOrigin(chain[0].digest())
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		origin *trust.Origin
		seen   *trust.Chain
		want   int64
	}{
		{origin, nil, 2}, {origin, opened(t, chain[:1]), 2}, {origin, opened(t, chain[:3]), 3}, {digest, opened(t, chain[:1]), 1}, {digest, nil, 0},
	} {
		known, err := test.origin.Known(test.seen)
		if err != nil || (known == nil) != (test.want == 0) || known != nil && known.Generation() != test.want {
			t.Errorf("want generation %d, got %v, %v", test.want, known, err)
		}
		if c, err := test.origin.Follow(known, text(4)); err != nil || c.Generation() != 4 {
			t.Errorf("followed to %v, %v", c, err)
		}
	}
	other := goodChain(1)
	other[0].issued = 1
	if _, err := origin.Known(opened(t, other)); reasonOf(err) != trust.WrongAnchor {
		t.Errorf("another anchor was seen: %v", err)
	}
	if _, err := digest.Follow(nil, []byte(lines(other))); reasonOf(err) != trust.WrongAnchor {
		t.Errorf("another anchor is followed: %v", err)
	}
	fork := *chain[1]
	fork.issued++
	if _, err := origin.Known(opened(t, []*draft{chain[0], &fork})); reasonOf(err) != trust.Fork {
		t.Errorf("the origin is a fork of what was seen: %v", err)
	}
	for _, bad := range []string{"", "SHA256:abc", strings.ToUpper(chain[0].digest())} {
		if _, err := trust.DigestOrigin(bad); err == nil {
			t.Errorf("the digest %q is taken", bad)
		}
	}
	for _, bad := range []string{"", "{", "{\n" + lines(chain[1:])} {
		if _, err := trust.ReadOrigin([]byte(bad)); err == nil || !strings.HasPrefix(err.Error(), "line 1 of the chain: ") {
			t.Errorf("an origin of %.40q gives %v, which does not name the line", bad, err)
		}
	}
}
