package licseal_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// ARCHITECTURE.md names files that exist, and has every package on its map, by itself
// or by a folder above it.
func TestArchitecture(t *testing.T) {
	text, err := os.ReadFile("ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, match := range regexp.MustCompile("`([a-z0-9_/.-]+)`").FindAllStringSubmatch(string(text), -1) {
		names = append(names, strings.TrimSuffix(match[1], "/"))
	}
	for _, name := range names {
		if !strings.Contains(name, "/") && !strings.HasSuffix(name, ".go") || strings.HasPrefix(name, "x/") {
			continue // such as the name of a flag
		}
		if _, err := os.Stat(name); err != nil {
			t.Errorf("it names %s: %v", name, err)
		}
	}
	for _, dir := range packageFolders(t) {
		known := slices.ContainsFunc(names, func(name string) bool { return dir == name || strings.HasPrefix(dir, name+"/") && name != "." })
		if !known {
			t.Errorf("it has no %s", dir)
		}
	}
}

// packageFolders returns the folders of the module that have Go files which are no tests.
func packageFolders(t *testing.T) []string {
	t.Helper()
	var folders []string
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (path == "peers" || path == "testdata" || path != "." && strings.HasPrefix(entry.Name(), ".")):
			return fs.SkipDir
		case strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") && !slices.Contains(folders, filepath.Dir(path)):
			folders = append(folders, filepath.Dir(path))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return folders
}
