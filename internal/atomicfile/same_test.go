package atomicfile_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/licseal/licseal/internal/atomicfile"
)

func TestSame(t *testing.T) {
	t.Chdir(t.TempDir())
	here, err := filepath.Abs(".")
	err = errors.Join(err,
		os.WriteFile("a", nil, 0o600), os.WriteFile("b", nil, 0o600), os.Mkdir("folder", 0o700),
		os.Link("a", "hard"), os.Symlink("a", "soft"), os.Symlink("soft", "folder/softer"), os.Symlink("folder", "way"),
		os.Symlink("new", "nowhere"), os.Symlink("nowhere", "further"), os.Symlink("loop", "loop"))
	err = errors.Join(err, os.Symlink("../a", "folder/up"), os.Symlink("../new", "folder/over"), os.Symlink(here+"/new", "absolute"))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		a, b string
		want bool
	}{
		{"a", "a", true}, {"a", "./folder/../a", true}, {"a", here + "/a", true}, {"a", "hard", true}, {"a", "soft", true},
		{"hard", "folder/up", true}, {"a", "b", false}, {"a", "new", false}, {"a", "nowhere", false},
		{"new", "new", true}, {"new", "./new", true}, {"new", "folder/new", false}, {"way/new", "folder/new", true},
		{"new", "nowhere", true}, {"further", "nowhere", true}, {"further", here + "/new", true}, {"newer", "nowhere", false},
		{"folder/over", "new", true}, {"folder/over", "folder/new", false}, {"absolute", "new", true}, {"absolute", "newer", false},
		{"loop", "a", false}, {"none/new", "none/new", true}, {"folder", "folder", false}, {os.DevNull, os.DevNull, false},
	}
	for _, test := range tests {
		if got := atomicfile.Same(test.a, test.b); got != test.want {
			t.Errorf("Same(%s, %s) = %t", test.a, test.b, got)
		}
		if got := atomicfile.Same(test.b, test.a); got != test.want {
			t.Errorf("Same(%s, %s) = %t", test.b, test.a, got)
		}
	}
}
