package atomicfile_test

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/licseal/licseal/internal/atomicfile"
	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/internal/testenv/brokendisk"
)

// Whatever goes wrong at any step, a file has its old content or its new one, and nil means
// the new one. Only CreateSoon may leave an empty file, after a loss of power.
func TestBrokenDisk(t *testing.T) {
	const newText = "the new content"
	twice := func(w io.Writer) error {
		_, err := io.WriteString(w, newText[:7])
		if err == nil {
			_, err = io.WriteString(w, newText[7:])
		}
		return err
	}
	move := func(overwrite bool) func(path string) error {
		return func(path string) error {
			temp := atomicfile.TempName(path)
			f, err := atomicfile.OpenFile(temp, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
			if err != nil {
				return err
			}
			if err = twice(f); err == nil {
				err = f.Sync()
			}
			if closeErr := f.Close(); err == nil {
				err = closeErr
			}
			if err == nil {
				err = atomicfile.Move(temp, path, overwrite)
			}
			return err
		}
	}
	for _, test := range []struct {
		name  string
		write func(path string) error
		old   string // "" if there is no file
	}{
		{"Create", func(path string) error { return atomicfile.Create(path, []byte(newText), 0o644) }, ""},
		{"Create private", func(path string) error { return atomicfile.Create(path, []byte(newText), 0o600) }, ""},
		{"CreateWith", func(path string) error { return atomicfile.CreateWith(path, 0o644, twice) }, ""},
		{"CreateSoon", func(path string) error { return atomicfile.CreateSoon(path, []byte(newText), 0o644) }, ""},
		{"Replace", func(path string) error { return atomicfile.Replace(path, []byte(newText), 0o644) }, "old"},
		{"Replace nothing", func(path string) error { return atomicfile.Replace(path, []byte(newText), 0o644) }, ""},
		{"ReplaceLike", func(path string) error { return atomicfile.ReplaceLike(path, ".", []byte(newText), 0o644) }, "old"},
		{"Move", move(false), ""},
		{"Move over", move(true), "old"},
	} {
		for _, kind := range brokendisk.Kinds {
			for at := 1; ; at++ {
				dir := testenv.QuickDir(t)
				path := filepath.Join(dir, "f")
				if test.old != "" {
					testenv.WriteFile(t, path, test.old)
				}
				d := &brokendisk.Disk{Kind: kind, At: at}
				var err error
				d.While(func() { err = test.write(path) })
				data, readErr := os.ReadFile(path)
				found, what := string(data), fmt.Sprintf("%s, %s", test.name, d.What)
				mayBeEmpty := test.name == "CreateSoon" && kind == brokendisk.PowerLost
				switch {
				case found != test.old && found != newText, test.old == "" && found == "" && readErr == nil && !mayBeEmpty:
					t.Errorf("%s: the file has %q, %v", what, found, readErr)
				case err == nil && found != newText && !mayBeEmpty:
					t.Errorf("%s: no error, and the file has %q", what, found)
				}
				if left := others(t, dir); len(left) > 0 && !d.Dead && !strings.HasPrefix(test.name, "Move") && !strings.Contains(d.What, ": remove ") {
					t.Errorf("%s: left behind: %v", what, left)
				}
				if at > d.Changes {
					break
				}
			}
		}
	}
}

// others returns the files of a folder beside f.
func others(t *testing.T, dir string) (names []string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, entry fs.DirEntry, err error) error {
		if path != "." && path != "f" {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
