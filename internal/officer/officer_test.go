package officer_test

import (
	"errors"
	"os"
	"path/filepath"
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
	data, err := os.ReadFile(r.Path)
	if want := "one a b\ntwo a c\none b c\n"; err != nil || string(data) != want {
		t.Errorf("got %q, %v", data, err)
	}
}

// A file of something else is not extended.
func TestOtherFile(t *testing.T) {
	r := officer.Record{Path: filepath.Join(t.TempDir(), "signed")}
	if err := os.WriteFile(r.Path, []byte("somebody's text\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := r.Add("one", "a", "b"); err == nil {
		t.Error("it was extended")
	}
}
