package officer_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/licseal/licseal/internal/officer"
)

// A key signs one document in each place of a chain, as often as it likes.
func TestRecord(t *testing.T) {
	r := officer.Record{Path: filepath.Join(t.TempDir(), "new", "signed")}
	for _, step := range []struct {
		key, previous, digest string
		conflict              bool
	}{
		{"one", "a", "b", false}, {"one", "a", "b", false}, {"two", "a", "c", false}, {"one", "b", "c", false},
		{"one", "a", "c", true}, {"two", "a", "b", true}, {"one", "a", "b", false},
	} {
		err := r.Add(step.key, step.previous, step.digest)
		if conflict := errors.As(err, new(*officer.ConflictError)); conflict != step.conflict || !conflict && err != nil {
			t.Errorf("%+v: %v", step, err)
		}
	}
	for path, want := range map[string]os.FileMode{r.Path: 0o600, filepath.Dir(r.Path): os.ModeDir | 0o700} {
		if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode() != want {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	data, err := os.ReadFile(r.Path)
	if want := "one a b\ntwo a c\none b c\n"; err != nil || string(data) != want {
		t.Errorf("got %q, %v", data, err)
	}
}

// What files are, and what they become when the key one signs b after a; "" if that is
// refused, with an error.
func TestFiles(t *testing.T) {
	for _, test := range []struct{ before, after, err string }{
		{"", "one a b\n", ""},
		{"one a b\n", "one a b\n", ""},
		{"one a b", "one a b", ""},
		{"two a b", "two a b\none a b\n", ""},
		{"two a b\r\n", "two a b\r\none a b\n", ""},
		{"two a c\none b c\n", "two a c\none b c\none a b\n", ""},
		{"one a c\n", "", "the key one has signed another document of this generation, SHA256:c"},
		{"two a c\none a c\none a b\n", "", "the key one has signed another document of this generation, SHA256:c"},
		{"somebody's text\n", "", ": line 1 is not a key and two digests"},
		{"two a b\n\none a b\n", "", ": line 2 is not a key and two digests"},
		{"two a b\ntwo b c\none a b c\n", "", ": line 3 is not a key and two digests"},
	} {
		r := officer.Record{Path: filepath.Join(t.TempDir(), "signed")}
		if err := os.WriteFile(r.Path, []byte(test.before), 0o600); err != nil {
			t.Fatal(err)
		}
		err, message := r.Add("one", "a", "b"), ""
		if err != nil {
			message = strings.TrimPrefix(err.Error(), r.Path)
		}
		if message != test.err {
			t.Errorf("%q: %v, want %s", test.before, err, test.err)
		}
		want := test.after
		if test.err != "" {
			want = test.before
		}
		if data, err := os.ReadFile(r.Path); err != nil || string(data) != want {
			t.Errorf("%q became %q, %v; want %q", test.before, data, err, want)
		}
		if _, err := os.Lstat(r.Path + ".lock"); err == nil {
			t.Errorf("%q: a lock is left", test.before)
		}
	}
}

// A file that cannot be read, or whose folder cannot be made, is an error.
func TestNoFile(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{dir, filepath.Join(dir, "file", "signed")} {
		if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := (officer.Record{Path: path}).Add("one", "a", "b"); err == nil {
			t.Errorf("%s was written", path)
		}
	}
}

// The record is in the folder of the user's configuration.
func TestUserRecord(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"XDG_CONFIG_HOME", "HOME", "AppData"} {
		t.Setenv(name, dir)
	}
	config, err := os.UserConfigDir()
	if err != nil {
		t.Fatal(err)
	}
	if r, err := officer.UserRecord(); err != nil || r.Path != filepath.Join(config, "licseal", "trust-signed") {
		t.Errorf("%+v, %v", r, err)
	}
	for _, name := range []string{"XDG_CONFIG_HOME", "HOME", "AppData"} {
		t.Setenv(name, "")
	}
	if r, err := officer.UserRecord(); err == nil || r != (officer.Record{}) || !strings.HasPrefix(err.Error(), "there is no configuration folder to remember in") {
		t.Errorf("%+v, %v", r, err)
	}
}
