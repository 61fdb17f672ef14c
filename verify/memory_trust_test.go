package verify_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/revoke"
	"github.com/licseal/licseal/trust"
	"github.com/licseal/licseal/verify"
)

func openChain(t *testing.T, lines ...[]byte) *trust.Chain {
	t.Helper()
	origin, err := trust.ReadOrigin(lines[0])
	if err != nil {
		t.Fatal(err)
	}
	var c *trust.Chain
	for _, line := range lines {
		if c, err = origin.Follow(c, line); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// Once a chain is remembered, neither trusted keys from elsewhere nor another chain
// takes its place, and an older one changes nothing.
func TestFollow(t *testing.T) {
	lines := chainText(t, []generation{{issued: 10}, {issued: 20}, {issued: 30}})
	fork := chainText(t, []generation{{issued: 10}, {issued: 25}})
	other := chainText(t, []generation{{issued: 11}})
	var m verify.Memory
	if err := m.Follow(nil); err != nil || len(m.Trust.Digests) > 0 {
		t.Fatal("without a chain:", err)
	}
	for i, c := range []*trust.Chain{openChain(t, lines[0]), openChain(t, lines...), openChain(t, lines[0])} {
		if err := m.Follow(c); err != nil || len(m.Trust.Digests) != min(3, 1+2*i) || !m.Latest.IsZero() {
			t.Errorf("%d: %v, %+v", i, err, m)
		}
	}
	before := m
	for name, test := range map[string]struct {
		chain *trust.Chain
		want  trust.Reason
	}{
		"trusted keys":   {nil, trust.WrongAnchor},
		"another anchor": {openChain(t, other...), trust.WrongAnchor},
		"a fork":         {openChain(t, fork...), trust.Fork},
	} {
		var refused *trust.Error
		if err := m.Follow(test.chain); !errors.As(err, &refused) || refused.Reason != test.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if diff := cmp.Diff(before, m); diff != "" {
		t.Errorf("refused, and remembered: %s", diff)
	}
}

// The lock-out: a thief signs, with the one key he has stolen, a list of the greatest
// generation that revokes every key of the vendor, roots included. The next generation
// of trust, in which the stolen key is gone, ends that: the list is forgotten, and the
// vendor's next list may have any generation. The thief cannot bring his list back, nor
// one of the vendor's from before.
func TestLockOut(t *testing.T) {
	const stolen, fresh = 0, 1
	keys := func(all ...int) (trusted []trustedKey) {
		for _, key := range all {
			trusted = append(trusted, trustedKey{key: key})
		}
		return trusted
	}
	lines := chainText(t, []generation{{10, keys(stolen, fresh)}, {40, keys(fresh)}})
	theft := &list{signer: stolen, generation: 1 << 30, issued: 30, revoked: map[int]int{fresh: 0}}
	text := func(l *list, extra ...revoke.Key) []byte {
		verified := mustList(t, l.text(t), modelKey(l.signer).Public())
		c := verified.Contents().Next(modelDay(l.issued), modelDay(10_000))
		c.Generation = int64(l.generation)
		for _, key := range extra {
			if err := c.RevokeKey(key); err != nil {
				t.Fatal(err)
			}
		}
		d, err := revoke.Sign(c, modelKey(l.signer))
		if err != nil {
			t.Fatal(err)
		}
		return []byte(d.String())
	}
	root := licseal.KeyID(ed25519Key(1).Public())
	thiefs := text(theft, revoke.Key{ID: root})
	vendors := func(issued int) []byte { return text(&list{signer: fresh, generation: 1, issued: issued}) }

	var m verify.Memory
	offer := func(chain *trust.Chain, text []byte) error {
		verified, err := revoke.Verify(text, chain.Trusted())
		if err != nil {
			return err
		}
		return m.Observe(modelDay(50), verified, 0)
	}
	reason := func(err error) revoke.Reason {
		if refused := (*revoke.Error)(nil); errors.As(err, &refused) {
			return refused.Reason
		}
		return ""
	}
	before, after := openChain(t, lines[0]), openChain(t, lines...)
	if err := errors.Join(m.Follow(before), offer(before, vendors(20)), offer(before, text(&list{signer: stolen, generation: 2, issued: 20}))); err != nil {
		t.Fatal(err)
	}
	if err := offer(before, thiefs); err != nil || m.List.Generation != 1<<30 {
		t.Fatal("the thief's list is not taken, so this is no test:", err)
	}
	if err := offer(before, vendors(45)); reason(err) != revoke.SignerRevoked {
		t.Fatal("nobody is locked out, so this is no test:", err)
	}
	if err := m.Follow(after); err != nil {
		t.Fatal("the roots are revoked by a list:", err)
	}
	if want := (revoke.Seen{NotBefore: modelDay(40)}); !cmp.Equal(m.List, want) {
		t.Errorf("the thief's list is remembered: %+v", m.List)
	}
	if err := offer(after, thiefs); reason(err) != revoke.Forged {
		t.Errorf("the thief's list again: %v", err)
	}
	if err := offer(after, vendors(39)); reason(err) != revoke.Replayed {
		t.Errorf("a list from before that generation: %v", err)
	}
	if err := offer(after, vendors(40)); err != nil || m.List.Generation != 1 {
		t.Errorf("the vendor's next list: %v", err)
	}
	// A process that has not read the new generation yet cannot undo it.
	if err := offer(before, thiefs); reason(err) != revoke.Forged {
		t.Errorf("the thief's list, as verified by an old chain: %v", err)
	}
}

func mustList(t *testing.T, text []byte, key any) *revoke.List {
	t.Helper()
	l, err := revoke.Verify(text, []licseal.TrustedKey{{Key: key}})
	if err != nil {
		t.Fatal(err)
	}
	return l
}
