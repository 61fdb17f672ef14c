package entitle_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/entitle"
	"github.com/licseal/licseal/revoke"
	"github.com/licseal/licseal/sign"
	"github.com/licseal/licseal/state"
	"github.com/licseal/licseal/trust"
	"github.com/licseal/licseal/verify"
)

var (
	rootKey = ed25519.NewKeyFromSeed([]byte("the vendor's root, a key of its."))
	nextKey = ed25519.NewKeyFromSeed([]byte("the vendor's key of the next yr."))
)

// trustLines returns a chain that one root signs: each document trusts the keys that are
// given for it.
func trustLines(t *testing.T, generations ...[]ed25519.PrivateKey) []byte {
	t.Helper()
	var text []byte
	var prev *trust.Document
	for i, trusted := range generations {
		c := &trust.Contents{Generation: int64(i + 1), Issued: instant("2026-11-01").AddDate(0, 0, i), Threshold: 1, Roots: []trust.Root{{Key: rootKey.Public()}}}
		if prev != nil {
			c.Previous = prev.Digest()
		}
		for _, key := range trusted {
			c.Keys = append(c.Keys, licseal.TrustedKey{Key: key.Public(), Principals: []string{"licences@vendor.example"}})
		}
		d, err := trust.New(c)
		if err == nil {
			d, err = trust.Sign(prev, d, rootKey)
		}
		if err != nil {
			t.Fatal(err)
		}
		text, prev = append(text, d.String()+"\n"...), d
	}
	return text
}

func origin(t *testing.T, document []byte) *trust.Origin {
	t.Helper()
	o, err := trust.ReadOrigin(document)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// signedBy returns the licence of the tests with the signature of another key.
func signedBy(t *testing.T, key ed25519.PrivateKey) []byte {
	t.Helper()
	vendors, err := licseal.ParseUnverified(signed(t, plan()))
	if err != nil {
		t.Fatal(err)
	}
	lic, err := sign.License(vendors.Payload, key)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(lic.String())
}

type signers = []ed25519.PrivateKey

// A guard that was built before a key existed accepts that key's licence after one file
// was handed over, without a restart, and refuses it again when the key loses its trust.
// What is refused in between takes nothing away.
func TestChain(t *testing.T) {
	chain := trustLines(t, signers{vendorKey}, signers{vendorKey, nextKey}, signers{vendorKey}, nil)
	documents := bytes.SplitAfter(chain, []byte("\n"))
	first := func(n int) []byte { return bytes.Join(documents[:n], nil) }
	dir := t.TempDir()
	licence, file := filepath.Join(dir, "licence.json"), filepath.Join(dir, "chain.ndjson")
	put(t, licence, signed(t, plan()))
	put(t, file, first(1))
	g, err := entitle.Open(t.Context(), entitle.File(licence), nil, &entitle.Options{
		Clock: at("2026-11-21").now, TrustRoot: origin(t, first(1)), TrustChain: entitle.File(file),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	expect := func(what string, good, told bool) {
		t.Helper()
		g.Tick(t.Context())
		if s := g.Status(); s.State.Good() != good || (s.LoadErr != nil) != told {
			t.Errorf("%s: the licence is %q, %v", what, s.State, s.LoadErr)
		}
	}
	expect("the first key", true, false)
	put(t, licence, signedBy(t, nextKey))
	expect("a key that is not known yet", true, true) // the old licence stays
	put(t, file, first(2))
	expect("the key is handed over", true, false)
	forged := bytes.Replace(documents[2], []byte(`"signature":"`), []byte(`"signature":"00`), 1)
	put(t, file, append(first(2), forged...))
	expect("a chain that is refused", true, true)
	put(t, file, first(1))
	expect("an older chain", true, false)
	put(t, file, first(3))
	expect("the key loses its trust", false, true)
	put(t, licence, signed(t, plan()))
	expect("a licence of the first key", true, false)
	g.Trust([]licseal.TrustedKey{{Key: nextKey.Public()}})
	expect("keys from elsewhere", true, false)
	put(t, file, first(4))
	expect("no key is trusted", false, true)
}

// A guard remembers the chain: in the next run, neither an older one, nor a missing one,
// nor another root, nor trusted keys from elsewhere are accepted in its place.
func TestChainIsRemembered(t *testing.T) {
	chain := trustLines(t, signers{vendorKey, nextKey}, signers{nextKey})
	anchor := bytes.SplitAfter(chain, []byte("\n"))[0]
	path := filepath.Join(t.TempDir(), "licence.state")
	if err := state.Create(path, verify.Memory{}); err != nil {
		t.Fatal(err)
	}
	start := func(key ed25519.PrivateKey, trusted []licseal.TrustedKey, root *trust.Origin, chain entitle.Source) error {
		g, err := entitle.Open(t.Context(), entitle.Text(signedBy(t, key)), trusted, &entitle.Options{
			Clock: at("2026-11-21").now, TrustRoot: root, TrustChain: chain,
			Remember: func(change func(*verify.Memory) error) (*verify.Memory, error) { return state.Update(path, change) },
		})
		if err != nil {
			return err
		}
		g.Tick(t.Context())
		return errors.Join(g.Status().LoadErr, g.Close())
	}
	root, missing := origin(t, anchor), entitle.File(filepath.Join(t.TempDir(), "missing"))
	digest, err := trust.DigestOrigin(root.Digest())
	if err != nil {
		t.Fatal(err)
	}
	if err := start(nextKey, nil, digest, missing); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a digest without documents: %v", err)
	}
	if err := start(vendorKey, nil, root, entitle.Text(anchor)); err != nil {
		t.Error(err)
	}
	if err := start(nextKey, nil, digest, entitle.Text(chain)); err != nil {
		t.Error(err)
	}
	if err := start(vendorKey, nil, root, entitle.Text(anchor)); err == nil {
		t.Error("a key that had lost its trust is trusted again")
	}
	if err := start(nextKey, nil, root, nil); err != nil {
		t.Error(err)
	}
	if err := start(nextKey, nil, root, missing); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "generation 2 stays in force") {
		t.Errorf("a chain that is missing: %v", err)
	}
	var refused *trust.Error
	other := origin(t, trustLines(t, signers{nextKey}))
	if err := start(nextKey, nil, other, nil); !errors.As(err, &refused) || refused.Reason != trust.WrongAnchor {
		t.Errorf("another root: %v", err)
	}
	if err := start(nextKey, slices.Clone(trusted), nil, nil); !errors.As(err, &refused) || refused.Reason != trust.WrongAnchor {
		t.Errorf("keys from elsewhere: %v", err)
	}
	if err := start(nextKey, trusted, root, nil); err == nil {
		t.Error("a guard has two origins of its trust")
	}
}

// A guard whose memory another process has taken further follows it there.
func TestChainOfOthers(t *testing.T) {
	chain := trustLines(t, signers{vendorKey}, signers{nextKey})
	root := origin(t, bytes.SplitAfter(chain, []byte("\n"))[0])
	path := filepath.Join(t.TempDir(), "licence.state")
	if err := state.Create(path, verify.Memory{}); err != nil {
		t.Fatal(err)
	}
	remember := func(change func(*verify.Memory) error) (*verify.Memory, error) { return state.Update(path, change) }
	c := at("2026-11-21")
	g, err := entitle.Open(t.Context(), entitle.Text(signed(t, plan())), nil, &entitle.Options{Clock: c.now, TrustRoot: root, Remember: remember})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	further, err := root.Follow(nil, chain)
	if err == nil {
		_, err = remember(func(m *verify.Memory) error { return m.Follow(further) })
	}
	if err != nil {
		t.Fatal(err)
	}
	c.set("2026-11-22") // the time is remembered now and then
	g.Tick(t.Context())
	g.Tick(t.Context())
	if s := g.Status(); s.State.Good() {
		t.Errorf("the guard trusts a key that has lost its trust: %q, %v", s.State, s.LoadErr)
	}
}

// The thief of an issuing key publishes a list that revokes the vendor's other keys and
// the root. The next generation of trust ends that.
func TestChainEndsLockout(t *testing.T) {
	fresh := ed25519.NewKeyFromSeed([]byte("the vendor's key after the theft"))
	chain := trustLines(t, signers{vendorKey, nextKey}, signers{fresh})
	dir := t.TempDir()
	file, listFile, licence := filepath.Join(dir, "chain"), filepath.Join(dir, "list"), filepath.Join(dir, "licence")
	put(t, file, bytes.SplitAfter(chain, []byte("\n"))[0])
	put(t, licence, signed(t, plan()))
	makeList := func(key ed25519.PrivateKey, generation int64, revoked ...ed25519.PrivateKey) []byte {
		r := revoke.New(instant("2026-11-20"), instant("2026-12-20"))
		r.Generation = generation
		for _, key := range revoked {
			if err := r.RevokeKey(revoke.Key{ID: licseal.KeyID(key.Public())}); err != nil {
				t.Fatal(err)
			}
		}
		l, err := revoke.Sign(r, key)
		if err != nil {
			t.Fatal(err)
		}
		return []byte(l.String())
	}
	put(t, listFile, makeList(vendorKey, 1))
	g, err := entitle.Open(t.Context(), entitle.File(licence), nil, &entitle.Options{
		Clock: at("2026-11-21").now, TrustRoot: origin(t, bytes.SplitAfter(chain, []byte("\n"))[0]),
		TrustChain: entitle.File(file), Revocations: entitle.File(listFile),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	put(t, listFile, makeList(nextKey, 1<<30, vendorKey, rootKey, fresh))
	g.Tick(t.Context())
	if s := g.Status(); s.State != entitle.Suspended {
		t.Fatalf("the thief's list is not taken, so this is no test: %q, %v", s.State, s.LoadErr)
	}
	put(t, file, chain)
	put(t, licence, signedBy(t, fresh))
	put(t, listFile, makeList(fresh, 1))
	g.Tick(t.Context())
	if s := g.Status(); s.State != entitle.Active || s.LoadErr != nil {
		t.Errorf("the vendor is locked out: %q, %v", s.State, s.LoadErr)
	}
}

// A list whose signer has lost its trust revokes nothing any longer, although its file is
// still there; until there is another list, no other licence is taken.
func TestChainForgetsList(t *testing.T) {
	chain := trustLines(t, signers{vendorKey, nextKey}, signers{vendorKey})
	dir := t.TempDir()
	file, listFile, licence := filepath.Join(dir, "chain"), filepath.Join(dir, "list"), filepath.Join(dir, "licence")
	first := bytes.SplitAfter(chain, []byte("\n"))[0]
	putList := func(key ed25519.PrivateKey, generation int64, revoked ...revoke.Key) {
		r := revoke.New(instant("2026-11-20"), instant("2026-12-20"))
		r.Generation = generation
		for _, key := range revoked {
			if err := r.RevokeKey(key); err != nil {
				t.Fatal(err)
			}
		}
		l, err := revoke.Sign(r, key)
		if err != nil {
			t.Fatal(err)
		}
		put(t, listFile, []byte(l.String()))
	}
	put(t, file, first)
	put(t, licence, signed(t, plan()))
	putList(nextKey, 1)
	g, err := entitle.Open(t.Context(), entitle.File(licence), nil, &entitle.Options{
		Clock: at("2026-11-21").now, TrustRoot: origin(t, first), TrustChain: entitle.File(file), Revocations: entitle.File(listFile),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	expect := func(what string, state entitle.State, id string, told bool) {
		t.Helper()
		g.Tick(t.Context())
		s := g.Status()
		if got := s.License.String(); s.State != state || !strings.Contains(got, id) || (s.LoadErr != nil) != told {
			t.Errorf("%s: %q, licence %s, %v", what, s.State, got, s.LoadErr)
		}
	}
	expect("an empty list", entitle.Active, `"A-1"`, false)
	putList(nextKey, 1<<40, revoke.Key{ID: licseal.KeyID(vendorKey.Public())})
	expect("the thief's list", entitle.Suspended, `"A-1"`, true)
	put(t, file, chain)
	expect("the thief's key loses its trust", entitle.Active, `"A-1"`, true)
	if due := g.Status().ListDue; !due.IsZero() {
		t.Errorf("the thief's list is due at %v", due)
	}
	put(t, licence, signed(t, plan().with("id", "A-2")))
	expect("another licence, without a list", entitle.Active, `"A-1"`, true)
	putList(vendorKey, 1)
	expect("another licence, with the vendor's list", entitle.Active, `"A-2"`, false)
}

// A key loses its trust at once, whatever the source of the licence has by then, and even
// if the chain cannot be remembered.
func TestChainTakesEffectAtOnce(t *testing.T) {
	chain := trustLines(t, signers{vendorKey}, nil)
	first := bytes.SplitAfter(chain, []byte("\n"))[0]
	for _, memory := range []string{"works", "fails"} {
		dir := t.TempDir()
		file, licence := filepath.Join(dir, "chain"), filepath.Join(dir, "licence")
		put(t, file, first)
		put(t, licence, signed(t, plan()))
		var m verify.Memory
		fails := false
		g, err := entitle.Open(t.Context(), entitle.File(licence), nil, &entitle.Options{
			Clock: at("2026-11-21").now, TrustRoot: origin(t, first), TrustChain: entitle.File(file),
			Remember: func(change func(*verify.Memory) error) (*verify.Memory, error) {
				if err := change(&m); err != nil {
					return nil, err
				}
				if fails {
					return nil, errors.New("the disk is full")
				}
				return &m, nil
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		fails = memory == "fails"
		put(t, file, chain)
		put(t, licence, []byte("rubbish"))
		g.Tick(t.Context())
		if s := g.Status(); s.State != entitle.Suspended || s.LoadErr == nil {
			t.Errorf("the memory %s: no key is trusted: %q, %v", memory, s.State, s.LoadErr)
		}
		g.Close()
	}
}

// A chain that is refused, and has not changed, costs nothing when it is looked at again,
// and is reported all the same.
func TestRefusedChainIsReadOnce(t *testing.T) {
	chain := trustLines(t, signers{vendorKey}, signers{nextKey})
	documents := bytes.SplitAfter(chain, []byte("\n"))
	file := filepath.Join(t.TempDir(), "chain")
	put(t, file, append(bytes.Clone(documents[0]), bytes.Replace(documents[1], []byte(`"signature":"`), []byte(`"signature":"00`), 1)...))
	var m verify.Memory
	read, c := 0, at("2026-11-21")
	g, err := entitle.Open(t.Context(), entitle.Text(signed(t, plan())), nil, &entitle.Options{
		Clock: c.now, TrustRoot: origin(t, documents[0]), TrustChain: entitle.File(file), MaxClockLead: 30 * day,
		Remember: func(change func(*verify.Memory) error) (*verify.Memory, error) { read++; return &m, change(&m) },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	c.set("2026-11-22")
	g.Tick(t.Context()) // which remembers the time
	before := read
	for range 3 {
		g.Tick(t.Context())
		if s := g.Status(); s.State != entitle.Active || s.LoadErr == nil || !strings.Contains(s.LoadErr.Error(), "stays in force") {
			t.Errorf("%q, %v", s.State, s.LoadErr)
		}
	}
	if read != before {
		t.Errorf("the chain is followed %d times more", read-before)
	}
	put(t, file, chain)
	g.Tick(t.Context())
	if s := g.Status(); s.State != entitle.Suspended {
		t.Errorf("the chain has changed: %q, %v", s.State, s.LoadErr)
	}
}
