package main

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

// Commands that edit one file at the same moment do not undo each other.
func TestEditsTogether(t *testing.T) {
	dir := t.TempDir()
	runIn(t, dir, "keygen", "-o", "vendor.key", "--no-passphrase")
	runIn(t, dir, "revoke", "new", "revoked.json", "-k", "vendor.key")
	const edits = 12
	for i := range edits {
		runIn(t, dir, "keygen", "-o", fmt.Sprintf("%d.key", i), "--no-passphrase", "--comment", fmt.Sprint("key-", i))
	}
	var all sync.WaitGroup
	together := func(args ...string) {
		all.Go(func() {
			if out, err := inDir(dir, args...).CombinedOutput(); err != nil {
				t.Errorf("licseal %s: %v\n%s", strings.Join(args, " "), err, out)
			}
		})
	}
	for i := range edits {
		together("revoke", "add", "revoked.json", "-k", "vendor.key", fmt.Sprint("LS-", i))
		together("trust", "add", "trusted.keys", fmt.Sprintf("%d.key.pub", i), "--issuer", "vendor@example")
	}
	all.Wait()
	want := fmt.Sprintf("generation %d, %d licences", edits+1, edits)
	if list := runIn(t, dir, "revoke", "show", "revoked.json", "-t", "vendor.key.pub"); !strings.Contains(list, want) {
		t.Errorf("no %q in\n%s", want, list)
	}
	trusted := runIn(t, dir, "trust", "list", "trusted.keys")
	for i := range edits {
		if !strings.Contains(trusted, fmt.Sprintf(" key-%d\n", i)) {
			t.Errorf("key %d is not trusted:\n%s", i, trusted)
		}
	}
}
