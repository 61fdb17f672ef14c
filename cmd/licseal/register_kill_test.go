package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/register"
)

// recorded returns the licences in a register, which must be whole, and fails if one is
// there twice.
func recorded(t *testing.T, dir string) map[string]bool {
	t.Helper()
	r, err := register.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Verify(context.Background()); err != nil {
		t.Fatal(err)
	}
	all := map[string]bool{}
	for item, err := range r.Select(register.Filter{}, now()) {
		if err != nil {
			t.Fatal(err)
		}
		if all[item.License] {
			t.Fatalf("%s is in the register twice", item.ID)
		}
		all[item.License] = true
	}
	return all
}

// A batch that is killed at any moment has written no licence that is not in the register,
// and, resumed, nothing is there twice and nothing is missing.
func TestKillRegister(t *testing.T) {
	const rows = 12_000
	dir := t.TempDir()
	writeKey(t, dir, "key", testKey(1))
	var batch bytes.Buffer
	batch.WriteString("license_key,customer,admin_seats,dataplanes,product_subscription,support_plan,license_creation_date,license_expiration_date\n")
	for i := range rows {
		fmt.Fprintf(&batch, "LS-%d,Example,5,2,Konnect,None,2026-01-01,2199-01-01\n", i)
	}
	testenv.WriteFile(t, filepath.Join(dir, "rows.csv"), batch.Bytes())
	mustRun(t, dir, "register", "new", "issued")
	args := []string{"sign", "-k", "key", "--register", "issued", "--batch", "rows.csv", "-o", "out", "--resume"}
	partly := 0
	for range testenv.Rounds(5, 40) {
		cmd := exec.Command("licseal", args...)
		cmd.Dir = dir
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		checkpoint := filepath.Join(dir, "issued", "checkpoint")
		before := mustRead(t, checkpoint)
		for deadline := time.Now().Add(testenv.Patience); time.Now().Before(deadline) && bytes.Equal(before, mustRead(t, checkpoint)); {
			if written, err := os.Stat(filepath.Join(dir, "out")); err == nil && written.Size() > 0 {
				break // all is done
			}
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Duration(rand.Int64N(int64(50 * time.Millisecond))))
		cmd.Process.Kill()
		cmd.Wait()
		known := recorded(t, filepath.Join(dir, "issued"))
		if len(known) > 0 && len(known) < rows {
			partly++
		}
		for _, name := range []string{"out.part", "out"} {
			written, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				continue
			}
			lines := bytes.Split(written, []byte("\n"))
			for _, line := range lines[:len(lines)-1] {
				if !known[string(line)] {
					t.Fatalf("%s has a licence that is not in the register: %s", name, line)
				}
			}
		}
	}
	mustRun(t, dir, args...)
	if n := bytes.Count(mustRead(t, filepath.Join(dir, "out")), []byte("\n")); n != rows {
		t.Errorf("%d licences were written, want %d", n, rows)
	}
	if n := len(recorded(t, filepath.Join(dir, "issued"))); n != rows {
		t.Errorf("%d licences are in the register, want %d", n, rows)
	}
	if partly == 0 {
		t.Error("it was never killed in the middle")
	}
	t.Logf("killed with a part in the register %d times", partly)
}
