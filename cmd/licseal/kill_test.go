package main

import (
	"bytes"
	"crypto"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/keys"
	"github.com/licseal/licseal/keys/private"
	"github.com/licseal/licseal/revoke"
	"github.com/licseal/licseal/state"
)

// killRounds is how often the programs that write without a pause are killed.
func killRounds() int { return testenv.Rounds(10, 50) }

func mustRun(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command("licseal", args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("licseal %q: %v\n%s", args, err, out)
	}
}

func writeKey(t *testing.T, dir, name string, key crypto.Signer) {
	t.Helper()
	private, err := private.MarshalUnencrypted(key, name)
	if err != nil {
		t.Fatal(err)
	}
	public, err := keys.MarshalPublic(key.Public(), name)
	if err != nil {
		t.Fatal(err)
	}
	for file, data := range map[string][]byte{name: private, name + ".pub": public} {
		if err := os.WriteFile(filepath.Join(dir, file), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// killAtAnyMoment runs command lines again and again, kills the process that does,
// and looks each time at the file that they write, of which check says what is wrong.
func killAtAnyMoment(t *testing.T, dir, path string, check func(text []byte) error, args ...string) {
	t.Helper()
	changed := 0
	for range killRounds() {
		before := mustRead(t, path)
		cmd := exec.Command("licseal-for-ever", args...)
		cmd.Dir = dir
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(testenv.Patience); time.Now().Before(deadline); { // until it writes
			if !bytes.Equal(before, mustRead(t, path)) {
				break
			}
			time.Sleep(200 * time.Microsecond)
		}
		time.Sleep(time.Duration(rand.Int64N(int64(10 * time.Millisecond))))
		cmd.Process.Kill()
		cmd.Wait()
		after := mustRead(t, path)
		if err := check(after); err != nil {
			t.Fatalf("%v; before:\n%s\nafter:\n%s", err, before, after)
		}
		if !bytes.Equal(before, after) {
			changed++
		}
	}
	if changed == 0 {
		t.Error("it was never changed")
	}
	t.Logf("changed in %d of %d rounds", changed, killRounds())
}

func mustRead(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// A program that is killed at any moment leaves the old file or the new one.
func TestKillTrust(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "trusted.keys")
	for i := range 100 { // so that it takes a while to write
		writeKey(t, dir, fmt.Sprintf("other%d", i), testKey(byte(10+i)))
	}
	var others bytes.Buffer
	for i := range 100 {
		others.Write(mustRead(t, filepath.Join(dir, fmt.Sprintf("other%d.pub", i))))
	}
	if err := os.WriteFile(filepath.Join(dir, "others.pub"), others.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	mustRun(t, dir, "trust", "add", file, "others.pub")
	writeKey(t, dir, "key", testKey(1))
	without := mustRead(t, file)
	mustRun(t, dir, "trust", "add", file, "key.pub")
	with := mustRead(t, file)
	check := func(text []byte) error {
		if !bytes.Equal(text, with) && !bytes.Equal(text, without) {
			return errors.New("neither the old file nor the new one")
		}
		return nil
	}
	killAtAnyMoment(t, dir, file, check, "trust", "remove", file, "key.pub", ";", "trust", "add", file, "key.pub")
}

func TestKillRevoke(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "revoked.json")
	writeKey(t, dir, "key", testKey(1))
	var ids bytes.Buffer
	for i := range 1000 {
		fmt.Fprintf(&ids, "LS-%06d\n", i)
	}
	if err := os.WriteFile(filepath.Join(dir, "ids"), ids.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	mustRun(t, dir, "revoke", "new", file, "-k", "key")
	mustRun(t, dir, "revoke", "add", file, "-k", "key", "--ids", "ids")
	var generation int64
	check := func(text []byte) error {
		list, err := revoke.Verify(text, []licseal.TrustedKey{{Key: testKey(1).Public()}})
		if err != nil {
			return err
		}
		says := list.Contents()
		if says.Generation < generation || says.Licenses() != 1000 {
			return fmt.Errorf("generation %d after %d, with %d licences", says.Generation, generation, says.Licenses())
		}
		generation = says.Generation
		return nil
	}
	killAtAnyMoment(t, dir, file, check, "revoke", "renew", file, "-k", "key")
}

func TestKillState(t *testing.T) {
	dir := t.TempDir()
	file, licence := filepath.Join(dir, "state"), filepath.Join(dir, "licence.json")
	writeKey(t, dir, "key", testKey(1))
	mustRun(t, dir, "sign", "-k", "key", "-o", licence, "--expires", "+1y", "--set", "admin_seats=1", "--set", "customer=a", "--set", "dataplanes=1",
		"--set", "license_key=a", "--set", "product_subscription=a", "--set", "support_plan=a")
	mustRun(t, dir, "state", "new", file)
	var latest time.Time
	check := func([]byte) error {
		m, err := state.Read(file)
		if err != nil {
			return err
		}
		if m.Latest.Before(latest) {
			return fmt.Errorf("the latest time went from %v to %v", latest, m.Latest)
		}
		latest = m.Latest
		return nil
	}
	killAtAnyMoment(t, dir, file, check, "verify", "-t", "key.pub", "--state", file, licence)
}
