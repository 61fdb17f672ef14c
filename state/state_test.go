package state_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/revoke"
	"github.com/licseal/licseal/state"
	"github.com/licseal/licseal/verify"
)

// In this variable, the test program is told to be another process of a test.
const roleVariable = "LICSEAL_STATE_TEST"

func TestMain(m *testing.M) {
	if args := strings.Fields(os.Getenv(roleVariable)); len(args) > 0 {
		if args[0] == "follow" {
			follow(args[1], args[2])
			return
		}
		advance(args[0], args[1], args[2])
		return
	}
	os.Exit(m.Run())
}

// advance adds seconds to the latest time, one at a time, and prints each that it
// wrote.
func advance(path, count, step string) {
	n, _ := strconv.Atoi(count)
	seconds, _ := strconv.Atoi(step)
	for range n {
		m, err := state.Update(path, func(m *verify.Memory) error {
			m.Latest = m.Latest.Add(time.Duration(seconds) * time.Second)
			return nil
		})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(m.Latest.Unix())
	}
}

func process(t *testing.T, path string, count, step int) *exec.Cmd {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %d %d", roleVariable, path, count, step))
	cmd.Stderr = os.Stderr
	return cmd
}

var start = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func create(t *testing.T, m verify.Memory) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "state")
	if err := state.Create(path, m); err != nil {
		t.Fatal(err)
	}
	return path
}

var full = verify.Memory{
	Latest: start.Add(123456789),
	List: revoke.Seen{
		Generation: 7, Digest: strings.Repeat("0f", 32), Issued: start,
		Signer: "SHA256:ovcnuXoIjFrFmoafLjAz+3OEr4zM5XPemash2aLbu64",
		Keys: []revoke.Key{
			{ID: "SHA256:bbXpuKG6uHHwLTKLnoVhlkrpxGZCbRYCHtlCTlKGh5w"},
			{ID: "SHA256:ovcnuXoIjFrFmoafLjAz+3OEr4zM5XPemash2aLbu64", From: start},
		},
	},
}

// What is kept is what comes back, and it stands there for people to read.
func TestFile(t *testing.T) {
	for _, m := range []verify.Memory{{Latest: start}, full} {
		path := create(t, m)
		got, err := state.Read(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(&m, got); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
	}
	text, err := os.ReadFile(create(t, full))
	if err != nil {
		t.Fatal(err)
	}
	want := `licseal state, version 1
latest: 2026-11-21T12:00:00.123456789Z
generation: 7
list: ` + strings.Repeat("0f", 32) + `
issued: 2026-11-21T12:00:00Z
signer: SHA256:ovcnuXoIjFrFmoafLjAz+3OEr4zM5XPemash2aLbu64
revoked: SHA256:bbXpuKG6uHHwLTKLnoVhlkrpxGZCbRYCHtlCTlKGh5w always
revoked: SHA256:ovcnuXoIjFrFmoafLjAz+3OEr4zM5XPemash2aLbu64 2026-11-21T12:00:00Z
checksum: `
	if body, _, _ := strings.Cut(string(text), "checksum: "); body+"checksum: " != want {
		t.Errorf("got %s", text)
	}
}

// No byte of the file can change unseen, nor can it be cut short.
func TestDamage(t *testing.T) {
	path := create(t, full)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	damaged := map[string][]byte{"text after the end": append(append([]byte{}, text...), '\n'), "too large": make([]byte, 5<<20)}
	for i := range text {
		damaged[fmt.Sprintf("cut after %d bytes", i)] = text[:i]
		other := append([]byte{}, text...)
		other[i] ^= 1
		damaged[fmt.Sprintf("byte %d", i)] = other
	}
	for name, text := range damaged {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		m, err := state.Read(path)
		if _, ok := errors.AsType[*state.DamagedError](err); !ok || m != nil {
			t.Errorf("%s: %v, %v", name, m, err)
		}
		changed := false
		if _, err := state.Update(path, func(*verify.Memory) error { changed = true; return nil }); err == nil || changed {
			t.Errorf("%s: started anew", name)
		}
	}
}

// A generation of any size is kept.
func TestGenerations(t *testing.T) {
	for _, generation := range []int64{1, 9, 10, 99, 1<<53 - 1} {
		m := full
		m.List.Generation = generation
		got, err := state.Read(create(t, m))
		if err != nil || got.List.Generation != generation {
			t.Errorf("%d: got %v, %v", generation, got, err)
		}
	}
}

// The bound on the size is exact, and is what the error says.
func TestTooLarge(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	for size, want := range map[int]string{4 << 20: "it does not begin and end as one does", 4<<20 + 1: "it is larger than 4194304 bytes"} {
		if err := os.WriteFile(path, make([]byte, size), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := state.Read(path); err == nil || err.Error() != "the state file is damaged: "+want {
			t.Errorf("%d bytes: got %v", size, err)
		}
	}
}

// A file that was put together by hand is read if it is as the program writes it.
func TestOtherForms(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	for text, want := range map[string]bool{
		"latest: 2026-11-21T12:00:00Z\n":                               true,
		"latest: 2026-11-21T12:00:00.000Z\n":                           false,
		"latest: 2026-11-21T13:00:00+01:00\n":                          false,
		"latest: 2026-11-21T12:00:00Z\nlatest: 2027-11-21T12:00:00Z\n": false,
		"latest: 2026-11-21T12:00:00Z\ngeneration: 0\n":                false,
		"latest: 2026-11-21T12:00:00Z\ngeneration: 7\n":                false,
		"latest: 2026-11-21T12:00:00Z\nmore: 1\n":                      false,
		"generation: 07\nlist: a\nissued: 2026-11-21T12:00:00Z\n":      false,
		"": false,
	} {
		text = "licseal state, version 1\n" + text
		text += fmt.Sprintf("checksum: %x\n", sha256.Sum256([]byte(text)))
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := state.Read(path); (err == nil) != want {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestCreateAndUpdate(t *testing.T) {
	path := create(t, verify.Memory{Latest: start})
	if err := state.Create(path, full); !errors.Is(err, fs.ErrExist) {
		t.Errorf("created over an existing file: %v", err)
	}
	missing := filepath.Join(t.TempDir(), "missing")
	if _, err := state.Read(missing); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	if _, err := state.Update(missing, func(*verify.Memory) error { return nil }); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	if left, _ := filepath.Glob(missing + "*"); left != nil {
		t.Errorf("made %v", left)
	}
	sentinel := errors.New("no")
	_, err := state.Update(path, func(m *verify.Memory) error { m.Latest = time.Time{}; return sentinel })
	if m, readErr := state.Read(path); !errors.Is(err, sentinel) || readErr != nil || !m.Latest.Equal(start) {
		t.Errorf("after an error: %v, %v, %v", m, err, readErr)
	}
	// A link leads to the one file, and to its one lock.
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	if _, err := state.Update(link, func(m *verify.Memory) error { *m = full; return nil }); err != nil {
		t.Fatal(err)
	}
	if m, err := state.Read(path); err != nil || m.List.Generation != full.List.Generation {
		t.Errorf("written through a link: %v, %v", m, err)
	}
	if left, _ := filepath.Glob(link + "*"); len(left) != 1 {
		t.Errorf("beside the link: %v", left)
	}
}

// Processes that change one file at once lose nothing of each other.
func TestProcesses(t *testing.T) {
	const count, processes = 100, 3
	path := create(t, verify.Memory{Latest: start})
	var running []*exec.Cmd
	for range processes {
		cmd := process(t, path, count, 1)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		running = append(running, cmd)
	}
	for _, cmd := range running {
		if err := cmd.Wait(); err != nil {
			t.Fatal(err)
		}
	}
	m, err := state.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if want := start.Add(count * processes * time.Second); !m.Latest.Equal(want) {
		t.Errorf("latest %v, want %v: %v were lost", m.Latest, want, want.Sub(m.Latest))
	}
}

// Whoever is killed while writing leaves a whole file, which has at least what was
// said to be written, and a lock that the next one gets.
func TestKill(t *testing.T) {
	path := create(t, verify.Memory{Latest: start})
	latest, rounds := start.Unix(), testenv.Rounds(10, 40)
	for round := range rounds {
		cmd := process(t, path, 1_000_000, 1)
		var said strings.Builder
		cmd.Stdout = &said
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(testenv.Patience); time.Now().Before(deadline); { // until it writes
			if m, err := state.Read(path); err != nil || m.Latest.Unix() > latest {
				break
			}
			time.Sleep(200 * time.Microsecond)
		}
		time.Sleep(time.Duration(round) * 200 * time.Microsecond)
		cmd.Process.Kill()
		cmd.Wait()
		lines := strings.Split(said.String(), "\n")
		if len(lines) > 1 { // the last one may be cut
			latest, _ = strconv.ParseInt(lines[len(lines)-2], 10, 64)
		}
		m, err := state.Read(path)
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		if m.Latest.Unix() < latest {
			t.Fatalf("round %d: %d was written, and %d is there", round, latest, m.Latest.Unix())
		}
		latest = m.Latest.Unix()
	}
	if latest == start.Unix() {
		t.Error("nothing was ever written")
	}
	t.Logf("%d writes in %d rounds", latest-start.Unix(), rounds)
}

// FuzzRead: what is read is written again as the same bytes.
func FuzzRead(f *testing.F) {
	path := filepath.Join(f.TempDir(), "state")
	if err := state.Create(path, full); err != nil {
		f.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Fuzz(func(t *testing.T, text []byte) {
		dir := t.TempDir()
		in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
		if err := os.WriteFile(in, text, 0o600); err != nil {
			t.Fatal(err)
		}
		m, err := state.Read(in)
		if err != nil {
			return
		}
		if err := state.Create(out, *m); err != nil {
			t.Fatal(err)
		}
		if again, err := os.ReadFile(out); err != nil || string(again) != string(text) {
			t.Errorf("read %q, wrote %q (%v)", text, again, err)
		}
	})
}

// A reset goes back to the clock, but not to before the issue of the newest list.
func TestReset(t *testing.T) {
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	for _, test := range []struct{ issued, want time.Time }{
		{time.Time{}, now},
		{now.AddDate(0, -1, 0), now},
		{now.AddDate(0, 1, 0), now.AddDate(0, 1, 0)},
	} {
		path := filepath.Join(t.TempDir(), "state")
		ahead := now.AddDate(10, 0, 0)
		written := verify.Memory{Latest: ahead}
		if !test.issued.IsZero() {
			written.List.Generation, written.List.Issued = 1, test.issued
			written.List.Digest, written.List.Signer = strings.Repeat("0", 64), "SHA256:ovcnuXoIjFrFmoafLjAz+3OEr4zM5XPemash2aLbu64"
		}
		if err := state.Create(path, written); err != nil {
			t.Fatal(err)
		}
		before, m, err := state.Reset(path, now)
		if err != nil || !before.Equal(ahead) || !m.Latest.Equal(test.want) {
			t.Errorf("a list issued at %v: from %v to %v, %v; want %v", test.issued, before, m.Latest, err, test.want)
		}
		if read, err := state.Read(path); err != nil || !read.Latest.Equal(test.want) {
			t.Errorf("the file says %v, %v", read, err)
		}
	}
}
