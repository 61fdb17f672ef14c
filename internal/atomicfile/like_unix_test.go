//go:build unix

package atomicfile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/licseal/licseal/internal/testenv"
)

// A new file gets the owner of another one, and an old file keeps its own. If the other one
// is missing, the file is this user's.
func TestReplaceLike(t *testing.T) {
	if os.Getuid() != 0 {
		testenv.Missing(t, "only root gives files away")
	}
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	if err := errors.Join(os.WriteFile(in("like"), nil, 0o600), os.Chown(in("like"), 1234, 2345), os.WriteFile(in("old"), nil, 0o640), os.Chown(in("old"), 3456, 4567), os.Mkdir(in("folder"), 0o755)); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, like, want string
	}{
		{"new", "like", "1234 2345 -rw-r-----"}, {"old", "like", "3456 4567 -rw-r-----"}, {"other", "missing", "0 0 -rw-r-----"}, {"another", "folder", "0 0 -rw-r-----"},
	} {
		if err := ReplaceLike(in(test.name), in(test.like), []byte("new"), 0o640); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(in(test.name))
		if err != nil {
			t.Fatal(err)
		}
		stat := info.Sys().(*syscall.Stat_t)
		if got := fmt.Sprint(stat.Uid, " ", stat.Gid, " ", info.Mode()); got != test.want {
			t.Errorf("%s like %s: %s, want %s", test.name, test.like, got, test.want)
		}
	}
	if err := ReplaceLike(in("folder"), in("like"), nil, 0o640); err == nil {
		t.Error("a folder is replaced")
	}
}
