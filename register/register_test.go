package register_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk"
	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/register"
	"github.com/licseal/licseal/sign"
	verifier "github.com/licseal/licseal/verify"
)

var (
	signingKey  = ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	fingerprint = licseal.KeyID(signingKey.Public())
)

// license returns the licence with an id that expires on a day.
func license(t testing.TB, id, expires string) *licseal.License {
	t.Helper()
	text := fmt.Sprintf(`{"customer":"Customer of %s","license_creation_date":"2020-01-01","license_expiration_date":%q,"license_key":%q}`, id, expires, id)
	p, err := licseal.ParsePayload([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	lic, err := sign.License(p, signingKey)
	if err != nil {
		t.Fatal(err)
	}
	return lic
}

// create makes a register in a new folder.
func create(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(testenv.QuickDir(t), "register")
	if _, err := register.Create(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// write opens a register for appending, calls do, commits and closes it.
func write(t testing.TB, dir string, do func(*register.Writer)) {
	t.Helper()
	w, err := register.OpenWriter(context.Background(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	do(w)
	if err := errors.Join(w.Commit(), w.Close()); err != nil {
		t.Fatal(err)
	}
}

// issue adds licences with the ids LS-from to LS-(to-1).
func issue(t testing.TB, dir string, from, to int) {
	t.Helper()
	write(t, dir, func(w *register.Writer) {
		for i := from; i < to; i++ {
			add(t, w, license(t, fmt.Sprintf("LS-%04d", i), "2199-01-01"))
		}
	})
}

func add(t testing.TB, w *register.Writer, lic *licseal.License) int64 {
	t.Helper()
	n, err := w.Add(&register.Addition{Kind: register.Issued, License: lic, Key: fingerprint})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func open(t testing.TB, dir string) *register.Register {
	t.Helper()
	r, err := register.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func verify(dir string, earlier ...register.Checkpoint) error {
	r, err := register.Open(dir)
	if err != nil {
		return err
	}
	return r.Verify(context.Background(), earlier...)
}

// What was added can be read, and is verified, at every size around those of tiles.
func TestAddAndRead(t *testing.T) {
	dir := create(t)
	if err := verify(dir); err != nil {
		t.Fatalf("an empty register: %v", err)
	}
	var checkpoints []register.Checkpoint
	size := 0
	for _, next := range []int{1, 2, 255, 256, 257, 511, 513, 768, 1000} {
		issue(t, dir, size, next)
		size = next
		r := open(t, dir)
		checkpoints = append(checkpoints, r.Checkpoint())
		if err := r.Verify(context.Background(), checkpoints...); err != nil {
			t.Fatalf("%d entries: %v", size, err)
		}
		for _, n := range []int{0, size / 2, size - 1} {
			e, err := r.Entry(int64(n))
			if err != nil {
				t.Fatal(err)
			}
			want := license(t, fmt.Sprintf("LS-%04d", n), "2199-01-01").String()
			if diff := cmp.Diff(want, e.License); diff != "" {
				t.Errorf("entry %d (-want +got):\n%s", n, diff)
			}
			got := []any{e.Kind, e.ID, e.Customer, e.Key, e.NotAfter.Year()}
			if diff := cmp.Diff([]any{register.Issued, fmt.Sprintf("LS-%04d", n), "Customer of " + e.ID, fingerprint, 2199}, got); diff != "" {
				t.Errorf("entry %d (-want +got):\n%s", n, diff)
			}
		}
	}
}

// files returns the files of a folder, with slashes.
func files(t testing.TB, dir string) (all []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			rel, _ := filepath.Rel(dir, path)
			all = append(all, filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// A bit that is flipped anywhere in the log, the records or the licences is found. Files
// that no checkpoint needs, and the private key, are left out.
func TestFlippedBits(t *testing.T) {
	dir := create(t)
	issue(t, dir, 0, 2)
	issue(t, dir, 2, 3)
	for _, name := range files(t, dir) {
		path := filepath.Join(dir, name)
		data := testenv.ReadFile(t, path)
		if name == "key" || strings.Contains(name, ".p/") && !strings.HasSuffix(name, ".p/3") {
			continue
		}
		for i := range data {
			bit := byte(1) << (i % 8)
			data[i] ^= bit
			testenv.WriteFile(t, path, data)
			err := verify(dir)
			data[i] ^= bit
			if err == nil {
				t.Errorf("%s: byte %d, bit %d: the change was not found", name, i, bit)
			}
		}
		testenv.WriteFile(t, path, data)
	}
	if err := verify(dir); err != nil {
		t.Errorf("all bits restored: %v", err)
	}
}

// lines returns the lines of the first pack.
func lines(t testing.TB, dir string) []string {
	return strings.SplitAfter(strings.TrimSuffix(string(testenv.ReadFile(t, filepath.Join(dir, "packs/00000"))), "\n"), "\n")
}

// Entries that were removed, exchanged or added are found, and so is a register that was
// cut and regrown, by a checkpoint from before.
func TestTampering(t *testing.T) {
	tests := map[string]struct {
		change func(lines []string) []string
		want   string
	}{
		"nothing":   {func(l []string) []string { return l }, "<nil>"},
		"removed":   {func(l []string) []string { return append(l[:2:2], l[3:]...) }, "entry 5 in packs/00000: is missing"},
		"exchanged": {func(l []string) []string { l[1], l[2] = l[2], l[1]; return l }, "entry 1 in packs/00000: is not the entry in tile/entries/000.p/6"},
		"cut":       {func(l []string) []string { return l[:5] }, "entry 5 in packs/00000: is missing"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			dir := create(t)
			issue(t, dir, 0, 6)
			if err := os.Remove(filepath.Join(dir, "index")); err != nil {
				t.Fatal(err)
			}
			changed := test.change(lines(t, dir))
			if !strings.HasSuffix(changed[len(changed)-1], "\n") {
				changed[len(changed)-1] += "\n"
			}
			testenv.WriteFile(t, filepath.Join(dir, "packs/00000"), strings.Join(changed, ""))
			if got := fmt.Sprint(verify(dir)); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestCutAndRegrown(t *testing.T) {
	dir := create(t)
	issue(t, dir, 0, 4)
	backup := filepath.Join(filepath.Dir(dir), "backup")
	if err := os.CopyFS(backup, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	issue(t, dir, 4, 6)
	kept := open(t, dir).Checkpoint()
	var inconsistent *register.InconsistentError
	if err := verify(backup, kept); !errors.As(err, &inconsistent) {
		t.Errorf("a register that was cut: %v", err)
	}
	issue(t, backup, 10, 15)
	if err := verify(backup); err != nil {
		t.Errorf("without the checkpoint, nothing can be found: %v", err)
	}
	if err := verify(backup, kept); !errors.As(err, &inconsistent) {
		t.Errorf("a register that was cut and regrown: %v", err)
	}
	if err := verify(dir, kept); err != nil {
		t.Error(err)
	}
}

// What was not committed is gone for the next writer.
func TestUncommitted(t *testing.T) {
	dir := create(t)
	issue(t, dir, 0, 3)
	w, err := register.OpenWriter(context.Background(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2000 { // more than a buffer
		add(t, w, license(t, fmt.Sprint("lost ", i), "2199-01-01"))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := verify(dir); err != nil {
		t.Errorf("lines without a checkpoint: %v", err)
	}
	issue(t, dir, 3, 300)
	r := open(t, dir)
	if err := r.Verify(context.Background()); err != nil || r.Len() != 300 {
		t.Errorf("%d entries, %v", r.Len(), err)
	}
}

// The index is derived: whatever becomes of it, the next writer has the right one.
func TestIndexIsDerived(t *testing.T) {
	for name, spoil := range map[string]func(path string, data string) error{
		"missing":  func(path, _ string) error { return os.Remove(path) },
		"empty":    func(path, _ string) error { return os.Truncate(path, 0) },
		"cut":      func(path, data string) error { return os.Truncate(path, int64(len(data)/2)) },
		"too long": func(path, data string) error { return os.WriteFile(path, []byte(data+data), 0o644) },
		"exchanged": func(path, data string) error {
			return os.WriteFile(path, []byte(data[80:160]+data[:80]+data[160:]), 0o644)
		},
		"zeros": func(path, data string) error { return os.WriteFile(path, make([]byte, len(data)), 0o644) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := create(t)
			issue(t, dir, 0, 10)
			path := filepath.Join(dir, "index")
			want := string(testenv.ReadFile(t, path))
			if err := spoil(path, want); err != nil {
				t.Fatal(err)
			}
			if e, err := open(t, dir).Entry(7); err != nil || e.ID != "LS-0007" {
				t.Errorf("entry 7 is %v, %v", e, err)
			}
			issue(t, dir, 10, 11)
			if got := string(testenv.ReadFile(t, path)); len(got) < len(want) || got[:len(want)] != want {
				t.Error("the index is another one")
			}
			if err := verify(dir); err != nil {
				t.Error(err)
			}
		})
	}
}

// One writer at a time.
func TestOneWriter(t *testing.T) {
	dir := create(t)
	w, err := register.OpenWriter(context.Background(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 1)
	defer cancel()
	if _, err := register.OpenWriter(ctx, dir, nil); !errors.Is(err, register.ErrLocked) {
		t.Errorf("a second writer: %v", err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	issue(t, dir, 0, 1)
}

// A second licence of an id is refused while the first one is alive.
func TestAlive(t *testing.T) {
	dir := create(t)
	try := func(name string, want string, a *register.Addition) {
		t.Helper()
		write(t, dir, func(w *register.Writer) {
			a.Kind, a.Key = register.Issued, fingerprint
			_, err := w.Add(a)
			if got := fmt.Sprint(err); got != want {
				t.Errorf("%s: got %s, want %s", name, got, want)
			}
			if _, again := w.Add(a); err == nil && !a.Replace && !strings.Contains(fmt.Sprint(again), "alive") {
				t.Errorf("%s: the same once more: %v", name, again)
			}
		})
	}
	const alive = `the register has a licence with the id "A" that is still alive, entry `
	try("first", "<nil>", &register.Addition{License: license(t, "A", "2199-01-01")})
	try("second", alive+"0", &register.Addition{License: license(t, "A", "2199-02-01")})
	try("replaced", "<nil>", &register.Addition{License: license(t, "A", "2199-02-01"), Replace: true})
	try("third", alive+"2", &register.Addition{License: license(t, "A", "2199-03-01")})
	write(t, dir, func(w *register.Writer) {
		if err := w.Mark(register.Mark{Kind: register.Revoked, ID: "A", Reason: "stolen", Key: fingerprint}); err != nil {
			t.Fatal(err)
		}
	})
	try("another is expired", "<nil>", &register.Addition{License: license(t, "B", "2020-02-01"), Replace: true})
	try("of an expired one", "<nil>", &register.Addition{License: license(t, "B", "2199-01-01")})
	if err := verify(dir); err != nil {
		t.Error(err)
	}
}

// A copy that is behind is brought up to date; one that went apart is refused with the first
// entry that differs.
func TestCopy(t *testing.T) {
	dir := create(t)
	copied := filepath.Join(filepath.Dir(dir), "copy")
	size := 0
	for _, next := range []int{0, 3, 300, 300} {
		issue(t, dir, size, next)
		added, err := open(t, dir).Copy(context.Background(), copied)
		if err != nil || int(added) != next-size {
			t.Fatalf("%d entries were added, %v; want %d", added, err, next-size)
		}
		size = next
		c := open(t, copied)
		if err := c.Verify(context.Background()); err != nil || c.Checkpoint() != open(t, dir).Checkpoint() {
			t.Fatalf("the copy: %v", err)
		}
	}
	if _, err := register.OpenWriter(context.Background(), copied, nil); err == nil || !strings.Contains(err.Error(), "no private key") {
		t.Errorf("a copy can be appended to: %v", err)
	}
	if longer, err := open(t, dir).Compare(open(t, copied)); longer != 0 || err != nil {
		t.Errorf("compared: %d, %v", longer, err)
	}
	forked := filepath.Join(filepath.Dir(dir), "forked")
	if err := os.CopyFS(forked, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	issue(t, dir, 300, 305)
	issue(t, forked, 400, 402)
	if _, err := open(t, dir).Copy(context.Background(), copied); err != nil {
		t.Fatal(err)
	}
	var fork *register.ForkError
	if _, err := open(t, dir).Copy(context.Background(), forked); !errors.As(err, &fork) || fork.Number != 300 {
		t.Errorf("a copy that went apart: %v", err)
	}
	if _, err := open(t, forked).Compare(open(t, copied)); !errors.As(err, &fork) || fork.Number != 300 {
		t.Errorf("compared: %v", err)
	}
	other := create(t)
	if _, err := open(t, other).Copy(context.Background(), copied); err == nil {
		t.Error("another register was copied over the copy")
	}
	var inconsistent *register.InconsistentError
	if _, err := open(t, forked).Copy(context.Background(), dir); err == nil || errors.As(err, &inconsistent) && inconsistent.Now.Size == 0 {
		t.Errorf("a register was copied over one that is longer: %v", err)
	}
	if err := verify(copied); err != nil {
		t.Error(err)
	}
}

// Licences with a good signature are imported once, whether or not they have expired.
func TestImport(t *testing.T) {
	dir := create(t)
	v, err := bulk.NewVerifier([]licseal.TrustedKey{{Key: signingKey.Public()}}, &verifier.Options{})
	if err != nil {
		t.Fatal(err)
	}
	good, expired := license(t, "A", "2199-01-01").String(), license(t, "B", "2021-01-01").String()
	documents := map[string]string{
		"1 good": good, "2 expired": expired, "3 again": good, "4 other": license(t, "A", "2198-01-01").String(),
		"5 forged": strings.Replace(good, "2199", "2299", 1), "6 nothing": "{}",
	}
	skipped := map[string]string{}
	write(t, dir, func(w *register.Writer) {
		n, err := register.Import(context.Background(), w, func(yield func(string, []byte) bool) {
			for _, name := range slices.Sorted(maps.Keys(documents)) {
				if !yield(name, []byte(documents[name])) {
					return
				}
			}
		}, &register.ImportOptions{Verifier: v}, func(name string, err error) { skipped[name] = fmt.Sprintf("%T", err) })
		if n != 2 || err != nil {
			t.Errorf("%d were imported, %v", n, err)
		}
	})
	want := map[string]string{"3 again": "*errors.errorString", "4 other": "*register.AliveError", "5 forged": "*verify.SignatureError", "6 nothing": "*licseal.ParseError"}
	if diff := cmp.Diff(want, skipped); diff != "" {
		t.Errorf("skipped (-want +got):\n%s", diff)
	}
	if e, err := open(t, dir).Entry(1); err != nil || e.ID != "B" || e.Kind != register.Imported || e.Key != fingerprint {
		t.Errorf("%v, %v", e, err)
	}
}
