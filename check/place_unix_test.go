//go:build unix

package check

import (
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// owned is the description of a file that somebody owns.
type owned struct {
	mode fs.FileMode
	uid  uint32
}

func (o owned) Name() string       { return "file" }
func (o owned) Size() int64        { return 1 }
func (o owned) Mode() fs.FileMode  { return o.mode }
func (o owned) ModTime() time.Time { return time.Time{} }
func (o owned) IsDir() bool        { return o.mode.IsDir() }
func (o owned) Sys() any           { return &syscall.Stat_t{Uid: o.uid} }

func TestIsRootOnly(t *testing.T) {
	for _, test := range []struct {
		mode fs.FileMode
		uid  uint32
		want bool
	}{
		{0o600, 0, true}, {0o400, 0, true}, {0o711, 0, true},
		{0o644, 0, false}, {0o604, 0, false}, {0o640, 0, false}, // the user of Kong's image is in root's group
		{0o600, 1000, false},
		{fs.ModeDir | 0o700, 0, true}, {fs.ModeDir | 0o744, 0, true}, {fs.ModeDir | 0o755, 0, false}, {fs.ModeDir | 0o710, 0, false}, {fs.ModeDir | 0o700, 1000, false},
	} {
		if got := isRootOnly(owned{test.mode, test.uid}); got != test.want {
			t.Errorf("%v of user %d: %v", test.mode, test.uid, got)
		}
	}
}

// A file, or a folder above it, that only root can use is noted on the way to the file.
func TestRootOnlyOnTheWay(t *testing.T) {
	root := t.TempDir()
	file := filepath.Join(root, "etc", "kong", "license.json")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("kong", filepath.Join(root, "etc", "link")); err != nil {
		t.Fatal(err)
	}
	isRoot := os.Getuid() == 0 // else the files are somebody else's, and nothing is said
	if err := os.Chmod(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{file, filepath.Join(root, "etc", "link", "license.json")} {
		if got, err := (Place{}).readFile(name); err != nil || got.rootOnly != isRoot {
			t.Errorf("%s in a folder of its owner: %v, %v", name, got.rootOnly, err)
		}
	}
	if err := os.Chmod(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		path string
		mode fs.FileMode
		want bool
	}{{file, 0o600, isRoot}, {file, 0o644, false}, {filepath.Dir(file), 0o700, isRoot}, {filepath.Dir(file), 0o755, false}} {
		if err := os.Chmod(test.path, test.mode); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"/etc/kong/license.json", "/etc/link/license.json"} {
			got, err := Place{Root: root}.readFile(name)
			if err != nil || got.rootOnly != test.want {
				t.Errorf("%s with %s %v: %v, %v", name, test.path, test.mode, got.rootOnly, err)
			}
		}
	}
	if !isRoot {
		return
	}
	if err := os.Chmod(filepath.Join(root, "etc"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, place := range []Place{{}, {Root: root}} {
		name := "/etc/kong/license.json"
		if place.Root == "" {
			name = file
		}
		if got, err := place.readFile(name); err != nil || !got.rootOnly {
			t.Errorf("%s in a folder of root further up: %v, %v", name, got.rootOnly, err)
		}
	}
	if err := os.Chmod(filepath.Join(root, "etc"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file, 0o600); err != nil {
		t.Fatal(err)
	}
	found := new(Effective)
	found.fileSource(Place{Root: root}, "/etc/kong/license.json", false)
	if len(found.Findings) != 1 || found.Findings[0].Code != CodeRootOnly || found.Findings[0].Severity != Warning {
		t.Errorf("%v", found.Findings)
	}
}

// As many links as a system follows are followed.
func TestMostLinks(t *testing.T) {
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "0"), []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	for i := range maxLinks + 1 {
		if err := os.Symlink(strconv.Itoa(i), filepath.Join(root, strconv.Itoa(i+1))); err != nil {
			t.Fatal(err)
		}
	}
	for links, ok := range map[int]bool{0: true, 1: true, maxLinks: true, maxLinks + 1: false} {
		if _, err := (Place{Root: root}).readFile("/" + strconv.Itoa(links)); (err == nil) != ok {
			t.Errorf("%d links: %v", links, err)
		}
	}
}
