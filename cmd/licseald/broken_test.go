//go:build unix

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/internal/testenv/brokendisk"
)

// runOn runs a command in this process, with its files on a disk.
func runOn(t *testing.T, d *brokendisk.Disk, args ...string) (code int, said string) {
	t.Helper()
	var out, errOut bytes.Buffer
	d.While(func() { code = run(t.Context(), append([]string{"licseald"}, args...), &out, &errOut) })
	return code, out.String() + errOut.String()
}

// eachFault calls try with a disk for each change that goes wrong, until none does: in each
// way if all, otherwise in one.
func eachFault(all bool, try func(d *brokendisk.Disk)) {
	most := 1
	for at := 1; at <= most; at++ {
		for i, kind := range brokendisk.Kinds {
			if !all && i != at%len(brokendisk.Kinds) {
				continue
			}
			d := &brokendisk.Disk{Kind: kind, At: at}
			try(d)
			if !d.Dead {
				most = max(most, d.Changes)
			}
		}
	}
}

// Whatever goes wrong with the disk, a backup is whole or not there, and a restore that has
// not kept what was in the store has changed nothing.
func TestBackupOnABrokenDisk(t *testing.T) {
	v, store := newVendor(t), "sqlite:"+filepath.Join(t.TempDir(), "store.db")
	p := start(t, "--store", store, "--listen", "127.0.0.1:0", "--trust", v.trust)
	post(t, v, p, "A", 2)
	p.stop(t)
	dir := testenv.QuickDir(t)
	whole := filepath.Join(dir, "whole")
	output(t, "backup", "--store", store, whole)
	size := len(testenv.ReadFile(t, whole))
	isWhole := func(path string) bool { // but for the instant in it
		data, err := os.ReadFile(path)
		return err == nil && abs(len(data)-size) < 10 && bytes.HasSuffix(data, []byte("\n"))
	}
	check := func(d *brokendisk.Disk, path string, code int, said string) {
		_, err := os.Lstat(path)
		if err == nil && !isWhole(path) || code == 0 && err != nil {
			t.Errorf("%s: %v, exit code %d: %s", d.What, err, code, said)
		}
		os.Remove(path)
	}
	eachFault(true, func(d *brokendisk.Disk) {
		path := filepath.Join(dir, "backup")
		code, said := runOn(t, d, "backup", "--store", store, path)
		check(d, path, code, said)
	})
	empty := "sqlite:" + filepath.Join(t.TempDir(), "empty.db")
	p = start(t, "--store", empty, "--listen", "127.0.0.1:0", "--trust", v.trust)
	p.stop(t)
	none := filepath.Join(dir, "none") // of an empty store
	output(t, "backup", "--store", empty, none)
	restore := func() {
		keep := filepath.Join(dir, "before")
		if code, said := runOn(t, new(brokendisk.Disk), "restore", "--store", store, "--keep", keep, whole); code != 0 {
			t.Fatal(said)
		}
		os.Remove(keep)
	}
	restore()
	kept := filepath.Join(dir, "kept")
	output(t, "backup", "--store", store, kept)
	size = len(testenv.ReadFile(t, kept)) // a restore is a change in the history
	eachFault(testenv.Rounds(0, 1) == 1, func(d *brokendisk.Disk) {
		keep := filepath.Join(dir, "keep")
		code, said := runOn(t, d, "restore", "--store", store, "--keep", keep, none)
		_, err := os.Lstat(keep)
		_, said2 := runOn(t, new(brokendisk.Disk), "backup", "--store", store, filepath.Join(dir, "now"))
		os.Remove(filepath.Join(dir, "now"))
		isThere := strings.Contains(said2, "licences: 2")
		if !isThere && (err != nil || !isWhole(keep)) {
			t.Fatalf("%s: the store is restored, and what was in it is not kept: %v, exit code %d: %s", d.What, err, code, said)
		}
		os.Remove(keep)
		if !isThere {
			restore()
		}
	})
}

func abs(n int) int { return max(n, -n) }
