package verify_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/revoke"
	"github.com/licseal/licseal/trust"
	"github.com/licseal/licseal/verify"
)

// A story is what happens to one verifier: it is handed generations of trust and
// revocation lists. Instants are days since the beginning of 2026.
type trustedKey struct{ key, from, before int } // before is 0 for no end

type generation struct {
	issued int
	keys   []trustedKey
}

type list struct {
	signer, generation, issued int
	revoked                    map[int]int // a key, and from which day
	signed                     []byte      // see text
}

// model is what the verifier must remember, in the words of SPEC.md section 11.4.
type model struct {
	known     int   // generations
	list      *list // the newest
	notBefore int
}

func (g generation) trusts(key, day int) bool {
	return slices.ContainsFunc(g.keys, func(k trustedKey) bool {
		return k.key == key && k.from <= day && (k.before == 0 || day < k.before)
	})
}

// hand tells the model that the verifier has got the chain up to a generation.
func (m *model) hand(chain []generation, to int) {
	if to <= m.known {
		return
	}
	m.known = to
	if newest := chain[to-1]; m.list != nil && !newest.trusts(m.list.signer, m.list.issued) {
		m.list, m.notBefore = nil, newest.issued
	}
}

// offer says why a list is refused, or nothing.
func (m *model) offer(chain []generation, l *list) revoke.Reason {
	names := func(l *list, key, day int) bool {
		from, revoked := l.revoked[key]
		return revoked && from <= day
	}
	before := m.list
	switch {
	case !chain[m.known-1].trusts(l.signer, l.issued):
		return revoke.Forged
	case names(l, l.signer, l.issued):
		return revoke.SignerRevoked
	case before == nil && l.issued < m.notBefore:
		return revoke.Replayed
	case before == nil || before == l:
	case names(before, l.signer, l.issued):
		return revoke.SignerRevoked
	case names(l, before.signer, before.issued) && l.issued >= before.issued: // any generation
	case l.generation < before.generation:
		return revoke.Replayed
	case l.generation == before.generation:
		return revoke.Forked
	case l.issued < before.issued:
		return revoke.Replayed
	}
	m.list = l
	return ""
}

const modelKeys = 4 // keys 10, 11, …; the root is key 1

func randomGenerations(r *rand.Rand) []generation {
	var chain []generation
	for i := range 2 + r.IntN(4) {
		g := generation{issued: 10 * (i + 1)}
		for key := range modelKeys {
			if r.IntN(3) == 0 {
				continue
			}
			k := trustedKey{key: key}
			if r.IntN(4) == 0 {
				k.from = 1 + r.IntN(50)
			}
			if r.IntN(4) == 0 {
				k.before = k.from + 1 + r.IntN(50)
			}
			g.keys = append(g.keys, k)
		}
		chain = append(chain, g)
	}
	return chain
}

func randomList(r *rand.Rand) *list {
	l := &list{signer: r.IntN(modelKeys), generation: 1 + r.IntN(4), issued: r.IntN(60), revoked: map[int]int{}}
	for key := range modelKeys {
		if r.IntN(4) == 0 {
			l.revoked[key] = r.IntN(3) * r.IntN(60)
		}
	}
	return l
}

func modelDay(n int) time.Time {
	return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, n)
}
func modelKey(n int) ed25519.PrivateKey { return ed25519Key(byte(10 + n)) }
func modelID(n int) string              { return licseal.KeyID(modelKey(n).Public()) }

// chainText returns the chain as a verifier is handed it.
func chainText(t *testing.T, chain []generation) [][]byte {
	t.Helper()
	var lines [][]byte
	var prev *trust.Document
	for i, g := range chain {
		c := &trust.Contents{Generation: int64(i + 1), Issued: modelDay(g.issued), Threshold: 1, Roots: []trust.Root{{Key: ed25519Key(1).Public()}}}
		for _, k := range g.keys {
			key := licseal.TrustedKey{Key: modelKey(k.key).Public(), Principals: []string{"licences"}}
			if k.from > 0 {
				key.ValidAfter = modelDay(k.from)
			}
			if k.before > 0 {
				key.ValidBefore = modelDay(k.before)
			}
			c.Keys = append(c.Keys, key)
		}
		if prev != nil {
			c.Previous = prev.Digest()
		}
		d, err := trust.New(c)
		if err == nil {
			d, err = trust.Sign(prev, d, ed25519Key(1))
		}
		if err != nil {
			t.Fatal(err)
		}
		lines, prev = append(lines, []byte(d.String())), d
	}
	return lines
}

// text returns the list, the same each time, or nil if nobody would sign it.
func (l *list) text(t *testing.T) []byte {
	t.Helper()
	if l.signed != nil {
		return l.signed
	}
	c := revoke.New(modelDay(l.issued), modelDay(10_000))
	c.Generation = int64(l.generation)
	for key, from := range l.revoked {
		k := revoke.Key{ID: modelID(key)}
		if from > 0 {
			k.From = modelDay(from)
		}
		if err := c.RevokeKey(k); err != nil {
			t.Fatal(err)
		}
	}
	d, err := revoke.Sign(c, modelKey(l.signer))
	if err != nil {
		return nil // it revokes its own signer
	}
	l.signed = []byte(d.String())
	return l.signed
}

// Whatever chains and lists a verifier is handed, in whatever order, it takes and
// remembers what the model says.
func TestTrustAndListsModel(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	for round := range testenv.Rounds(60, 100_000) {
		s := newStory(t, r)
		for range 12 {
			if r.IntN(3) == 0 {
				s.hand(r.IntN(len(s.chain)) + 1)
			} else {
				s.offer(s.lists[r.IntN(len(s.lists))])
			}
		}
		if t.Failed() {
			t.Fatalf("in round %d: %v\n%s", round, s.chain, strings.Join(s.told, "\n"))
		}
	}
}

type story struct {
	*testing.T
	chain  []generation
	text   [][]byte
	lists  []*list
	origin *trust.Origin
	model  model
	memory verify.Memory
	told   []string
}

func newStory(t *testing.T, r *rand.Rand) *story {
	s := &story{T: t, chain: randomGenerations(r)}
	s.text = chainText(t, s.chain)
	for range 6 {
		s.lists = append(s.lists, randomList(r))
	}
	var err error
	if s.origin, err = trust.ReadOrigin(s.text[0]); err != nil {
		t.Fatal(err)
	}
	s.hand(1)
	return s
}

// inForce returns the chain that the verifier follows.
func (s *story) inForce() *trust.Chain {
	seen, err := s.memory.Trust.Chain()
	if err != nil {
		s.Fatal(err)
	}
	c, err := s.origin.Known(seen)
	if err != nil {
		s.Fatal(err)
	}
	return c
}

func (s *story) hand(to int) {
	s.told = append(s.told, fmt.Sprintf("handed generation %d", to))
	c, err := s.origin.Follow(s.inForce(), bytes.Join(s.text[:to], []byte("\n")))
	if err == nil {
		err = s.memory.Follow(c)
	}
	if err != nil {
		s.Error(err)
	}
	s.model.hand(s.chain, to)
	s.compare()
}

func (s *story) offer(l *list) {
	text := l.text(s.T)
	if text == nil {
		return
	}
	want := s.model.offer(s.chain, l)
	verified, err := revoke.Verify(text, s.inForce().Trusted())
	if err == nil {
		err = s.memory.Observe(modelDay(100), verified, 0)
	}
	s.told = append(s.told, fmt.Sprintf("offered %d %d %d %v: %v", l.signer, l.generation, l.issued, l.revoked, err))
	var got revoke.Reason
	var refused *revoke.Error
	switch {
	case errors.Is(err, licseal.ErrNoTrustedKeys):
		got = revoke.Forged
	case errors.As(err, &refused):
		got = refused.Reason
	case err != nil:
		s.Error(err)
	}
	if got != want {
		s.Errorf("got %q, want %q", got, want)
	}
	s.compare()
}

func (s *story) compare() {
	s.Helper()
	m := &s.memory
	var want revoke.Seen
	if l := s.model.list; l != nil {
		want.Generation, want.Issued, want.Signer = int64(l.generation), modelDay(l.issued), modelID(l.signer)
	} else if s.model.notBefore > 0 {
		want.NotBefore = modelDay(s.model.notBefore)
	}
	if len(m.Trust.Digests) != s.model.known || m.List.Generation != want.Generation || !m.List.Issued.Equal(want.Issued) || m.List.Signer != want.Signer || !m.List.NotBefore.Equal(want.NotBefore) {
		s.Errorf("remembers generation %d and %+v, want %d and %+v", len(m.Trust.Digests), m.List, s.model.known, want)
	}
}
