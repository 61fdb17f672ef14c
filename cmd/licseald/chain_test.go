//go:build unix

package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/testenv"
	chain "github.com/licseal/licseal/trust"
)

// A server that was started before a key existed takes that key's licences after one file
// was handed over, and no longer those of a key that has lost its trust. A chain that is
// refused, or ends earlier, leaves what is known in force.
func TestReloadChain(t *testing.T) {
	root, old, new := newVendor(t), newVendor(t), newVendor(t)
	var prev *chain.Document
	var lines []string
	for i, v := range []*vendor{old, new} {
		c := &chain.Contents{Generation: int64(i + 1), Issued: time.Date(2026, 1, 1+i, 0, 0, 0, 0, time.UTC), Threshold: 1,
			Roots: []chain.Root{{Key: root.key.Public()}}, Keys: []licseal.TrustedKey{{Key: v.key.Public(), Principals: []string{}}}}
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
		prev, lines = d, append(lines, d.String()+"\n")
	}
	anchor, file := filepath.Join(t.TempDir(), "trust.json"), filepath.Join(t.TempDir(), "chain.ndjson")
	testenv.WriteFile(t, anchor, lines[0])
	testenv.WriteFile(t, file, lines[0])
	args, _ := entitlementArgs(t, old)
	p := start(t, append([]string{"--ephemeral", "--trust-root", anchor, "--trust-chain", file}, args[2:]...)...)
	expect(t, 400, "POST", p.url+"/licenses", new.licence(t, "LS-1", 30))
	expect(t, 201, "POST", p.url+"/licenses", old.licence(t, "LS-2", 30))
	testenv.WriteFile(t, file, lines[0]+lines[1])
	p.log.WaitFor(t, "read again") // by itself, within a second or so
	expect(t, 201, "POST", p.url+"/licenses", new.licence(t, "LS-1", 30))
	expect(t, 400, "POST", p.url+"/licenses", old.licence(t, "LS-3", 30))
	testenv.WriteFile(t, file, "rubbish\n")
	p.log.WaitFor(t, "its previous content stays in force")
	expect(t, 201, "POST", p.url+"/licenses", new.licence(t, "LS-4", 30))
	testenv.WriteFile(t, file, lines[0])
	testenv.WaitUntil(t, "the earlier chain is read", func() bool { return strings.Count(p.log.String(), "read again") == 2 })
	expect(t, 400, "POST", p.url+"/licenses", old.licence(t, "LS-5", 30))
}
