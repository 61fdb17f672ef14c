package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var errBroken = errors.New("the disk is broken")

// recorder is a disk that notes what it does. An operation fails if it begins with
// failing.
type recorder struct {
	disk
	dir     string
	failing string
	err     error
	done    []string
}

func newRecorder(dir, failing string, err error) *recorder {
	r := &recorder{dir: dir, failing: failing, err: err}
	system := system // a test may put this disk in its place
	r.disk = system
	r.disk.sync = func(f *os.File) error {
		return r.do(fmt.Sprintf("sync %s", r.name(f.Name())), func() error { return system.sync(f) })
	}
	r.disk.close = func(f *os.File) error {
		if err := system.close(f); err != nil || failing != "close" {
			return err
		}
		return r.err
	}
	r.disk.link = func(a, b string) error {
		return r.do(fmt.Sprintf("link %s %s", r.name(a), r.name(b)), func() error { return system.link(a, b) })
	}
	r.disk.rename = func(a, b string) error {
		return r.do(fmt.Sprintf("rename %s %s", r.name(a), r.name(b)), func() error { return system.rename(a, b) })
	}
	return r
}

// name returns what is the same each time of a path.
func (r *recorder) name(path string) string {
	base := filepath.Base(path)
	switch {
	case path == r.dir:
		return "folder"
	case strings.HasPrefix(base, ".f.") && strings.HasSuffix(base, ".tmp"):
		return "temp"
	}
	return base
}

func (r *recorder) do(operation string, real func() error) error {
	r.done = append(r.done, operation)
	if r.failing != "" && strings.HasPrefix(operation, r.failing) {
		return r.err
	}
	return real()
}

// The data is on the disk before the file gets its name, and the name once it has it. If
// that fails, the old file is still there and no other one.
func TestDisk(t *testing.T) {
	create := func(d disk, path string) error { return d.create(path, content([]byte("new")), 0o644, true) }
	createSoon := func(d disk, path string) error { return d.create(path, content([]byte("new")), 0o644, false) }
	replace := func(d disk, path string) error { return d.replace(path, content([]byte("new")), 0o644) }
	tests := []struct {
		name    string
		write   func(disk, string) error
		old     string // "" if there is no file
		failing string
		err     error
		want    string // the content afterwards
		wantErr error
		done    []string
	}{
		{"create", create, "", "", nil, "new", nil, []string{"sync temp", "link temp f", "sync folder"}},
		{"create soon", createSoon, "", "", nil, "new", nil, []string{"link temp f"}},
		{"replace", replace, "old", "", nil, "new", nil, []string{"sync temp", "rename temp f", "sync folder"}},
		{"replace nothing", replace, "", "", nil, "new", nil, []string{"sync temp", "rename temp f", "sync folder"}},

		{"create over a file", create, "old", "", nil, "old", fs.ErrExist, nil}, // without the cost of writing

		{"create on a broken disk", create, "", "sync temp", errBroken, "", errBroken, []string{"sync temp"}},
		{"replace on a broken disk", replace, "old", "sync temp", errBroken, "old", errBroken, []string{"sync temp"}},
		{"an error that comes late", replace, "old", "close", errBroken, "old", errBroken, []string{"sync temp"}},
		{"create soon on a broken disk", createSoon, "", "sync", errBroken, "new", nil, []string{"link temp f"}},
		{"a folder that cannot be synced", replace, "old", "sync folder", errBroken, "new", nil, []string{"sync temp", "rename temp f", "sync folder"}},

		{"no hard links", create, "", "link", syscall.EPERM, "new", nil, []string{"sync temp", "link temp f", "sync f", "sync folder"}},
		{"no hard links, soon", createSoon, "", "link", syscall.EPERM, "new", nil, []string{"link temp f"}},
		{"the name has appeared", create, "", "link", fs.ErrExist, "", fs.ErrExist, []string{"sync temp", "link temp f"}},
		{"no renames", replace, "old", "rename", errBroken, "old", errBroken, []string{"sync temp", "rename temp f"}},
		{"a mount point", replace, "old", "rename", syscall.EBUSY, "old", ErrMountPoint, []string{"sync temp", "rename temp f"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "f")
			if test.old != "" {
				if err := os.WriteFile(path, []byte(test.old), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			r := newRecorder(dir, test.failing, test.err)
			if err := test.write(r.disk, path); !errors.Is(err, test.wantErr) {
				t.Errorf("got the error %v, want %v", err, test.wantErr)
			}
			if diff := cmp.Diff(test.done, r.done); diff != "" {
				t.Errorf("what was done (-want +got):\n%s", diff)
			}
			var left []string
			entries, err := os.ReadDir(dir)
			if err != nil {
				t.Fatal(err)
			}
			for _, entry := range entries {
				left = append(left, entry.Name())
			}
			data, err := os.ReadFile(path)
			if want := (test.want == ""); string(data) != test.want || errors.Is(err, fs.ErrNotExist) != want || len(left) > 1 || (len(left) == 0) != want {
				t.Errorf("the file has %q (%v), and the folder %v", data, err, left)
			}
		})
	}
}

// Without hard links, a file that could not be written whole is removed.
func TestWithoutLinksOnABrokenDisk(t *testing.T) {
	dir := t.TempDir()
	r := newRecorder(dir, "link", syscall.EPERM)
	link := r.sync
	r.disk.sync = func(f *os.File) error {
		if r.name(f.Name()) == "f" {
			return errBroken
		}
		return link(f)
	}
	if err := r.create(filepath.Join(dir, "f"), content([]byte("new")), 0o644, true); !errors.Is(err, errBroken) {
		t.Errorf("got %v", err)
	}
	if left, err := os.ReadDir(dir); len(left) > 0 || err != nil {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// Without hard links either, a file that has appeared in the meantime is kept.
func TestWithoutLinksKeeps(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	r := newRecorder(dir, "", nil)
	r.disk.link = func(string, string) error {
		if err := os.WriteFile(path, []byte("theirs"), 0o600); err != nil {
			t.Fatal(err)
		}
		return syscall.EPERM
	}
	if err := r.create(path, content([]byte("new")), 0o644, true); !errors.Is(err, fs.ErrExist) {
		t.Errorf("got %v", err)
	}
	if data, err := os.ReadFile(path); string(data) != "theirs" {
		t.Errorf("it now has %q, %v", data, err)
	}
}

// Each exported function waits for the disk, except for the one that says that it does not.
func TestDurable(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	for name, test := range map[string]struct {
		write func() error
		done  []string
	}{
		"Create":      {func() error { return Create(path, []byte("new"), 0o644) }, []string{"sync temp", "link temp f", "sync folder"}},
		"CreateWith":  {func() error { return CreateWith(path, 0o644, content([]byte("new"))) }, []string{"sync temp", "link temp f", "sync folder"}},
		"CreateSoon":  {func() error { return CreateSoon(path, []byte("new"), 0o644) }, []string{"link temp f"}},
		"Replace":     {func() error { return Replace(path, []byte("new"), 0o644) }, []string{"sync temp", "rename temp f", "sync folder"}},
		"ReplaceLike": {func() error { return ReplaceLike(path, dir, []byte("new"), 0o644) }, []string{"sync temp", "rename temp f", "sync folder"}},
		"Move": {func() error {
			return errors.Join(os.WriteFile(filepath.Join(dir, ".f.x.tmp"), nil, 0o644), Move(filepath.Join(dir, ".f.x.tmp"), path, true))
		}, []string{"rename temp f", "sync folder"}},
		"SyncDir": {func() error { SyncDir(path); return os.WriteFile(path, nil, 0o644) }, []string{"sync folder"}},
	} {
		r := newRecorder(dir, "", nil)
		real := system
		system = r.disk
		err := test.write()
		system = real
		if diff := cmp.Diff(test.done, r.done); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
		if err := os.Remove(path); err != nil {
			t.Error(err)
		}
	}
}

// A file that is complete gets its name, and only with overwrite that of another file.
func TestMove(t *testing.T) {
	for _, test := range []struct {
		name      string
		overwrite bool
		old       string // "" if no file has the name
		failing   string
		err       error
		want      string // the content of the file with the name
		kept      bool   // the file is still there under its first name, too
		wantErr   error
		done      []string
	}{
		{"a new name", false, "", "", nil, "new", false, nil, []string{"link temp f", "sync folder"}},
		{"a name that is taken", false, "old", "", nil, "old", true, fs.ErrExist, []string{"link temp f"}},
		{"no hard links", false, "", "link", syscall.EPERM, "new", false, nil, []string{"link temp f", "rename temp f", "sync folder"}},
		{"no hard links, and the name is taken", false, "old", "link", syscall.EPERM, "old", true, fs.ErrExist, []string{"link temp f"}},
		{"overwrite", true, "old", "", nil, "new", false, nil, []string{"rename temp f", "sync folder"}},
		{"overwrite nothing", true, "", "", nil, "new", false, nil, []string{"rename temp f", "sync folder"}},
		{"no renames", true, "old", "rename", errBroken, "old", true, errBroken, []string{"rename temp f"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			temp, path := filepath.Join(dir, ".f.x.tmp"), filepath.Join(dir, "f")
			if err := os.WriteFile(temp, []byte("new"), 0o644); err != nil {
				t.Fatal(err)
			}
			if test.old != "" {
				if err := os.WriteFile(path, []byte(test.old), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			r := newRecorder(dir, test.failing, test.err)
			if err := r.move(temp, path, test.overwrite); !errors.Is(err, test.wantErr) {
				t.Errorf("got the error %v, want %v", err, test.wantErr)
			}
			if diff := cmp.Diff(test.done, r.done); diff != "" {
				t.Errorf("what was done (-want +got):\n%s", diff)
			}
			data, err := os.ReadFile(path)
			_, tempErr := os.Lstat(temp)
			if string(data) != test.want || err != nil || errors.Is(tempErr, fs.ErrNotExist) == test.kept {
				t.Errorf("the file has %q (%v); under its first name: %v", data, err, tempErr)
			}
		})
	}
}
