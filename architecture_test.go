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

// Every package that starts goroutines looks, at the end of its tests, for those that do not
// end, and for files that stay open.
func TestLeaksAreLookedFor(t *testing.T) {
	starts := regexp.MustCompile(`(?m)^\s+go (func\(|[\w.]+\()|\.Go\(|AfterFunc\(`)
	found := 0
	for _, dir := range packageFolders(t) {
		if strings.HasSuffix(dir, "storetest") {
			continue // tests, which other packages run
		}
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		inCode := func(file string) bool {
			return !strings.HasSuffix(file, "_test.go") && starts.MatchString(readText(t, file))
		}
		inTests := func(file string) bool {
			return strings.HasSuffix(file, "_test.go") && strings.Contains(readText(t, file), "leak.Checked(m)")
		}
		if slices.ContainsFunc(files, inCode) {
			if found++; !slices.ContainsFunc(files, inTests) {
				t.Errorf("%s starts goroutines: give it a TestMain with leak.Checked", dir)
			}
		}
	}
	if found < 9 {
		t.Errorf("%d packages start goroutines", found)
	}
}
