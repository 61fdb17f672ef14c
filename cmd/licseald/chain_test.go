//go:build unix

package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/revoke"
	"github.com/licseal/licseal/state"
	chain "github.com/licseal/licseal/trust"
	"github.com/licseal/licseal/verify"
)

// chainFiles are the files of a chain that one root signs, and of a revocation list.
type chainFiles struct {
	anchor, file, list string
	lines              []string // one for each generation
	issued             time.Time
}

// newChain makes a chain: each generation trusts the keys that are given for it.
func newChain(t *testing.T, generations ...[]*vendor) *chainFiles {
	t.Helper()
	root, dir := newVendor(t), t.TempDir()
	f := &chainFiles{filepath.Join(dir, "trust.json"), filepath.Join(dir, "chain.ndjson"), filepath.Join(dir, "list.json"), nil, time.Now().Add(-time.Hour)}
	var prev *chain.Document
	for i, trusted := range generations {
		c := &chain.Contents{Generation: int64(i + 1), Issued: f.issued.Add(time.Duration(i) * time.Minute), Threshold: 1, Roots: []chain.Root{{Key: root.key.Public()}}}
		for _, v := range trusted {
			c.Keys = append(c.Keys, licseal.TrustedKey{Key: v.key.Public(), Principals: []string{}})
		}
		if prev != nil {
			c.Previous = prev.Digest()
		}
		d, err := chain.New(c)
		if err == nil {
			d, err = chain.Sign(prev, d, root.key)
		}
		if err != nil {
			t.Fatal(err)
		}
		prev, f.lines = d, append(f.lines, d.String()+"\n")
	}
	testenv.WriteFile(t, f.anchor, f.lines[0])
	f.hand(t, 1)
	return f
}

// hand writes the chain up to a generation.
func (f *chainFiles) hand(t *testing.T, generation int) {
	t.Helper()
	testenv.WriteFile(t, f.file, strings.Join(f.lines[:generation], ""))
}

// args are the flags of a server that follows the chain.
func (f *chainFiles) args(more ...string) []string {
	return append([]string{"--ephemeral", "--trust-root", f.anchor, "--trust-chain", f.file}, more...)
}

// handList writes a revocation list.
func (f *chainFiles) handList(t *testing.T, signer *vendor, generation int64, revoked ...*vendor) {
	t.Helper()
	r := revoke.New(f.issued.Add(30*time.Minute), f.issued.AddDate(0, 0, 30))
	r.Generation = generation
	for _, v := range revoked {
		if err := r.RevokeKey(revoke.Key{ID: licseal.KeyID(v.key.Public())}); err != nil {
			t.Fatal(err)
		}
	}
	signer.writeList(t, f.list, r)
}

// A server that was started before a key existed takes that key's licences after one file
// was handed over, and no longer those of a key that has lost its trust. A chain that is
// refused, or ends earlier, leaves what is known in force.
func TestReloadChain(t *testing.T) {
	t.Parallel()
	old, new := newVendor(t), newVendor(t)
	f := newChain(t, []*vendor{old}, []*vendor{new}, nil)
	args, _ := entitlementArgs(t, old)
	p := start(t, f.args(args[2:]...)...)
	expect(t, 400, "POST", p.url+"/licenses", new.licence(t, "LS-1", 30))
	expect(t, 201, "POST", p.url+"/licenses", old.licence(t, "LS-2", 30))
	f.hand(t, 2)
	p.log.WaitFor(t, "read again") // by itself, within a second or so
	expect(t, 201, "POST", p.url+"/licenses", new.licence(t, "LS-1", 30))
	expect(t, 400, "POST", p.url+"/licenses", old.licence(t, "LS-3", 30))
	testenv.WriteFile(t, f.file, "rubbish\n")
	p.log.WaitFor(t, "generation 2 stays in force")
	expect(t, 201, "POST", p.url+"/licenses", new.licence(t, "LS-4", 30))
	f.hand(t, 1)
	reloads(t, p)
	expect(t, 400, "POST", p.url+"/licenses", old.licence(t, "LS-5", 30))
	f.hand(t, 3)
	p.log.WaitFor(t, "no licence is accepted, because no key is trusted")
	for _, v := range []*vendor{old, new} {
		if body := expect(t, 400, "POST", p.url+"/licenses", v.licence(t, "LS-6", 30)); !strings.Contains(body, "trusts no key") {
			t.Error(body)
		}
	}
	p.log.WaitFor(t, "a stored licence is refused now")
}

// reloads waits until all files can be used.
func reloads(t *testing.T, p *process) {
	t.Helper()
	testenv.WaitUntil(t, "no file is refused", func() bool {
		return strings.Contains(expect(t, 200, "GET", p.url+"/metrics", ""), "licseald_reload_failing 0")
	})
}

// A newer generation takes effect at once, whatever the revocation list is: a list whose
// signer has lost its trust is forgotten with what it revoked, and so is one that a thief
// has signed. Until there is another, no licence is accepted.
func TestChainBeforeList(t *testing.T) {
	t.Parallel()
	stolen, good := newVendor(t), newVendor(t)
	f := newChain(t, []*vendor{stolen, good}, []*vendor{good})
	f.handList(t, stolen, 1)
	p := start(t, f.args("--revocations", f.list)...)
	expect(t, 201, "POST", p.url+"/licenses", good.licence(t, "LS-1", 30))
	expect(t, 201, "POST", p.url+"/licenses", stolen.licence(t, "LS-2", 30))
	f.handList(t, stolen, 1<<40, good)
	p.log.WaitFor(t, "read again")
	expect(t, 400, "POST", p.url+"/licenses", good.licence(t, "LS-3", 30))
	testenv.WaitUntil(t, "the thief's list is in force", func() bool { return refusedNow(t, p, "revoked") == 1 })
	f.hand(t, 2)
	p.log.WaitFor(t, "no licence is accepted until there is another revocation list")
	if body := expect(t, 400, "POST", p.url+"/licenses", stolen.licence(t, "LS-4", 30)); !strings.Contains(body, "until there is another revocation list") {
		t.Error(body)
	}
	expect(t, 400, "POST", p.url+"/licenses", good.licence(t, "LS-4", 30))
	testenv.WaitUntil(t, "the list is forgotten, and the key has lost its trust", func() bool {
		return refusedNow(t, p, "revoked") == 0 && refusedNow(t, p, "signature") == 1
	})
	f.handList(t, good, 1)
	reloads(t, p)
	expect(t, 400, "POST", p.url+"/licenses", stolen.licence(t, "LS-4", 30))
	expect(t, 201, "POST", p.url+"/licenses", good.licence(t, "LS-4", 30))
}

// refusedNow returns how many stored licences are refused for a reason.
func refusedNow(t *testing.T, p *process, reason string) (n int) {
	t.Helper()
	for line := range strings.Lines(expect(t, 200, "GET", p.url+"/metrics", "")) {
		if strings.HasPrefix(line, "licseald_licenses{") && strings.Contains(line, `reason="`+reason+`"`) && !strings.HasSuffix(line, " 0\n") {
			n++
		}
	}
	return n
}

// Keys of files take effect at once, too, and what the list has revoked stays revoked.
func TestTrustBeforeList(t *testing.T) {
	t.Parallel()
	stolen, good := newVendor(t), newVendor(t)
	list := filepath.Join(t.TempDir(), "list")
	r := revoke.New(time.Now().Add(-time.Hour), time.Now().AddDate(0, 0, 30))
	revokeIn(t, r, "LS-9")
	stolen.writeList(t, list, r)
	testenv.WriteFile(t, stolen.trust, stolen.line(t)+good.line(t))
	p := start(t, "--ephemeral", "--trust", stolen.trust, "--revocations", list)
	expect(t, 201, "POST", p.url+"/licenses", stolen.licence(t, "LS-1", 30))
	testenv.WriteFile(t, stolen.trust, good.line(t))
	p.log.WaitFor(t, "a changed file cannot be used; its previous content stays in force")
	expect(t, 400, "POST", p.url+"/licenses", stolen.licence(t, "LS-2", 30))
	expect(t, 400, "POST", p.url+"/licenses", good.licence(t, "LS-9", 30))
	expect(t, 201, "POST", p.url+"/licenses", good.licence(t, "LS-2", 30))
}

// With a state, an older chain is not accepted again after a restart, nor are another
// root, trusted keys from elsewhere, and an older list. A chain that is refused or missing
// leaves what is remembered in force. Without one, the server begins with the root.
func TestChainState(t *testing.T) {
	t.Parallel()
	old, new := newVendor(t), newVendor(t)
	f := newChain(t, []*vendor{old}, []*vendor{new})
	memory := filepath.Join(t.TempDir(), "licseald.state")
	if err := state.Create(memory, verify.Memory{}); err != nil {
		t.Fatal(err)
	}
	withState := f.args("--state", memory)
	f.hand(t, 2)
	p := start(t, withState...)
	expect(t, 400, "POST", p.url+"/licenses", old.licence(t, "LS-1", 30))
	p.kill() // nothing is written when it ends
	for _, file := range []string{f.lines[0], "rubbish\n", f.lines[1]} {
		testenv.WriteFile(t, f.file, file)
		p = start(t, withState...)
		expect(t, 400, "POST", p.url+"/licenses", old.licence(t, "LS-1", 30))
		expect(t, 201, "POST", p.url+"/licenses", new.licence(t, "LS-1", 30))
		if told := strings.Contains(p.log.String(), "generation 2 stays in force"); told != (file == "rubbish\n") {
			t.Errorf("%q: %s", file, p.log)
		}
		p.stop(t)
	}
	other := newChain(t, []*vendor{old})
	for _, args := range [][]string{{"--ephemeral", "--trust", old.trust}, other.args()} {
		if said := refused(t, append(args, "--state", memory)...); !strings.Contains(said, "followed") {
			t.Errorf("%v: %s", args, said)
		}
	}
	f.hand(t, 1)
	p = start(t, f.args()...)
	expect(t, 201, "POST", p.url+"/licenses", old.licence(t, "LS-1", 30))
}

// Another process that shares the state takes this one along.
func TestChainStateShared(t *testing.T) {
	old, new := newVendor(t), newVendor(t)
	f := newChain(t, []*vendor{old}, []*vendor{new})
	memory := filepath.Join(t.TempDir(), "licseald.state")
	if err := state.Create(memory, verify.Memory{}); err != nil {
		t.Fatal(err)
	}
	p := start(t, f.args("--state", memory)...)
	expect(t, 201, "POST", p.url+"/licenses", old.licence(t, "LS-1", 30))
	origin, err := chain.ReadOrigin([]byte(strings.Join(f.lines, "")))
	if err == nil {
		_, err = state.Update(memory, func(m *verify.Memory) error { _, err := m.Advance(origin, nil, nil); return err })
	}
	if err != nil {
		t.Fatal(err)
	}
	p.log.WaitFor(t, "read again")
	expect(t, 400, "POST", p.url+"/licenses", old.licence(t, "LS-2", 30))
	expect(t, 201, "POST", p.url+"/licenses", new.licence(t, "LS-2", 30))
}
