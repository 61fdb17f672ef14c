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
	for item, err := range r.Select(t.Context(), register.Filter{}, now()) {
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
// and, resumed, nothing is there twice and nothing is missing. So it is with renewals.
func TestKillRegister(t *testing.T) {
	const rows = 9000 // three blocks
	dir := t.TempDir()
	writeKey(t, dir, "key", testKey(1))
	writeKey(t, dir, "new", testKey(2))
	var batch bytes.Buffer
	batch.WriteString("license_key,customer,admin_seats,dataplanes,product_subscription,support_plan,license_creation_date,license_expiration_date\n")
	for i := range rows {
		fmt.Fprintf(&batch, "LS-%d,Example,5,2,Konnect,None,2026-01-01,2199-01-01\n", i)
	}
	testenv.WriteFile(t, filepath.Join(dir, "rows.csv"), batch.Bytes())
	mustRun(t, dir, "register", "new", "issued")
	killBatch(t, dir, 0, rows, "out", "sign", "-k", "key", "--register", "issued", "--batch", "rows.csv")
	killBatch(t, dir, rows, rows, "renewed", "renew", "--batch", "--register", "issued", "--issued-by", "key.pub", "-t", "key.pub", "-k", "new", "--keep-expiry")
	cmd := exec.Command("licseal", "register", "list", "--register", "issued", "--only", "valid", "--issued-by", "new.pub")
	cmd.Dir = dir
	if list, err := cmd.Output(); err != nil || bytes.Count(list, []byte("\n")) != rows+1 {
		t.Errorf("%d lines of living licences, %v", bytes.Count(list, []byte("\n")), err)
	}
}

// killBatch runs a batch that adds rows to the register issued, which has some, and writes
// them to a file. It kills the batch again and again, and then lets it end.
func killBatch(t *testing.T, dir string, had, rows int, out string, args ...string) {
	t.Helper()
	issued := filepath.Join(dir, "issued")
	args = append(args, "-o", out, "--resume")
	partly := 0
	for i := 0; i < testenv.Rounds(2, 40) || partly == 0 && i < 10; i++ {
		cmd := exec.Command("licseal", args...)
		cmd.Dir = dir
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		checkpoint := filepath.Join(issued, "checkpoint")
		before := mustRead(t, checkpoint)
		for deadline := time.Now().Add(testenv.Patience); time.Now().Before(deadline) && bytes.Equal(before, mustRead(t, checkpoint)); {
			if written, err := os.Stat(filepath.Join(dir, out)); err == nil && written.Size() > 0 {
				break // all is done
			}
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Duration(rand.Int64N(int64(50 * time.Millisecond))))
		cmd.Process.Kill()
		cmd.Wait()
		known := recorded(t, issued)
		if len(known) > had && len(known) < had+rows {
			partly++
		}
		for _, name := range []string{out + ".part", out} {
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
	if n := bytes.Count(mustRead(t, filepath.Join(dir, out)), []byte("\n")); n != rows {
		t.Errorf("%s: %d licences were written, want %d", args[0], n, rows)
	}
	if n := len(recorded(t, issued)); n != had+rows {
		t.Errorf("%s: %d licences are in the register, want %d", args[0], n, had+rows)
	}
	if left, err := filepath.Glob(filepath.Join(issued, ".*")); err != nil || len(left) > 0 {
		t.Errorf("left in the register: %q, %v", left, err)
	}
	if partly == 0 {
		t.Errorf("%s: it was never killed in the middle", args[0])
	}
	t.Logf("%s: killed with a part in the register %d times", args[0], partly)
}

// Of two batches at once, both write their licences, one after the other, or one is refused
// and has written nothing.
func TestTwoBatchesAtOnce(t *testing.T) {
	const rows = 3000
	dir := t.TempDir()
	writeKey(t, dir, "key", testKey(1))
	mustRun(t, dir, "register", "new", "issued")
	var cmds []*exec.Cmd
	var said []*bytes.Buffer
	for n := range 2 {
		var batch bytes.Buffer
		batch.WriteString("license_key,customer,admin_seats,dataplanes,product_subscription,support_plan,license_creation_date,license_expiration_date\n")
		for i := range rows {
			fmt.Fprintf(&batch, "LS-%d-%d,Example,5,2,Konnect,None,2026-01-01,2199-01-01\n", n, i)
		}
		testenv.WriteFile(t, filepath.Join(dir, fmt.Sprintf("rows%d.csv", n)), batch.Bytes())
		cmd := exec.Command("licseal", "sign", "-k", "key", "--register", "issued", "--batch", fmt.Sprintf("rows%d.csv", n), "-o", fmt.Sprintf("out%d", n))
		cmd.Dir = dir
		said = append(said, new(bytes.Buffer))
		cmd.Stderr = said[n]
		cmds = append(cmds, cmd)
	}
	for _, cmd := range cmds {
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
	}
	done := 0
	for n, cmd := range cmds {
		err := cmd.Wait()
		_, statErr := os.Stat(filepath.Join(dir, fmt.Sprintf("out%d", n)))
		switch {
		case err == nil && statErr == nil:
			done++
		case err == nil || statErr == nil || !bytes.Contains(said[n].Bytes(), []byte("issued: another process is writing to this register")):
			t.Errorf("batch %d: %v, %v: %s", n, err, statErr, said[n])
		}
	}
	known := recorded(t, filepath.Join(dir, "issued"))
	if done == 0 || len(known) != done*rows {
		t.Errorf("%d batches ended, and %d licences are in the register", done, len(known))
	}
	// One that has to wait longer is refused, and nothing is lost.
	w, err := register.OpenWriter(context.Background(), filepath.Join(dir, "issued"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if _, err := register.OpenWriter(ctx, filepath.Join(dir, "issued"), nil); err == nil || ctx.Err() == nil {
		t.Errorf("two writers at once: %v", err)
	}
	recorded(t, filepath.Join(dir, "issued")) // it can be read meanwhile
}
