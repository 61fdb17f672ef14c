// Package register_test reads a register with the client of Tessera, a program that others
// wrote for logs in the layout of C2SP tlog-tiles.
package register_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/client"
	"golang.org/x/mod/sumdb/note"
)

// run runs licseal in a folder.
func run(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command(filepath.Join(dir, "licseal"), args...)
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("licseal %q: %v", args, err)
	}
	return string(out)
}

// Tessera's client reads the checkpoint, the tiles and the bundles of a register, and
// agrees on its root, and on proofs of inclusion and consistency, at several sizes.
func TestTesseraReadsARegister(t *testing.T) {
	dir := t.TempDir()
	build := exec.Command("go", "build", "-o", filepath.Join(dir, "licseal"), "./cmd/licseal")
	build.Dir = "../.."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	run(t, dir, "keygen", "-o", "vendor.key", "--no-passphrase")
	run(t, dir, "register", "new", "issued")
	f := client.FileFetcher{Root: filepath.Join(dir, "issued")}
	ctx := context.Background()
	var earlier []byte
	oldSize, row := uint64(0), 0
	for _, rows := range []int{1, 254, 1, 1, 400, 66000} {
		var batch strings.Builder
		batch.WriteString("license_key,customer,license_creation_date,license_expiration_date\n")
		for range rows {
			fmt.Fprintf(&batch, "LS-%d,Example,2026-01-01,2199-01-01\n", row)
			row++
		}
		if err := os.WriteFile(filepath.Join(dir, "rows.csv"), []byte(batch.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		rules := `{"type":"object","x-licseal":{"roles":{"id":"/license_key","not_before":"/license_creation_date","not_after":"/license_expiration_date"}}}`
		if err := os.WriteFile(filepath.Join(dir, "schema.json"), []byte(rules), 0o600); err != nil {
			t.Fatal(err)
		}
		run(t, dir, "sign", "-k", "vendor.key", "--schema", "schema.json", "--register", "issued", "-o", "out.ndjson", "--force", "--batch", "rows.csv")

		verifier, err := note.NewVerifier(strings.Split(string(read(t, filepath.Join(dir, "issued", "register.json"))), `"`)[5])
		if err != nil {
			t.Fatal(err)
		}
		checkpoint, _, _, err := client.FetchCheckpoint(ctx, f.ReadCheckpoint, verifier, verifier.Name())
		if err != nil || checkpoint.Size != uint64(row) {
			t.Fatalf("the checkpoint: %v, %v; want %d entries", checkpoint, err, row)
		}
		proofs, err := client.NewProofBuilder(ctx, checkpoint.Size, f.ReadTile)
		if err != nil {
			t.Fatal(err)
		}
		for _, index := range []uint64{0, checkpoint.Size / 2, checkpoint.Size - 1} {
			bundle, err := client.GetEntryBundle(ctx, f.ReadEntryBundle, index/256, checkpoint.Size)
			if err != nil {
				t.Fatal(err)
			}
			leaf := rfc6962.DefaultHasher.HashLeaf(bundle.Entries[index%256])
			inclusion, err := proofs.InclusionProof(ctx, index)
			if err == nil {
				err = proof.VerifyInclusion(rfc6962.DefaultHasher, index, checkpoint.Size, leaf, inclusion, checkpoint.Hash)
			}
			if err != nil {
				t.Errorf("entry %d of %d: %v", index, checkpoint.Size, err)
			}
		}
		if oldSize > 0 {
			consistency, err := proofs.ConsistencyProof(ctx, oldSize, checkpoint.Size)
			if err == nil {
				err = proof.VerifyConsistency(rfc6962.DefaultHasher, oldSize, checkpoint.Size, consistency, earlier, checkpoint.Hash)
			}
			if err != nil {
				t.Errorf("%d entries after %d: %v", checkpoint.Size, oldSize, err)
			}
		}
		oldSize, earlier = checkpoint.Size, checkpoint.Hash
	}
}

func read(t *testing.T, path string) []byte {
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
